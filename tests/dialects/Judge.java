import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;

/** Says of each file how many certificates Java has of it, or why none. */
public class Judge {
    public static void main(String[] arguments) throws Exception {
        StringBuilder answers = new StringBuilder();
        for (int index = 0; index < Integer.parseInt(arguments[1]); index++) {
            answers.append(answer(Path.of(arguments[0], String.valueOf(index)))).append('\n');
        }
        System.out.print(answers);
    }

    private static String answer(Path file) throws Exception {
        try (InputStream input = Files.newInputStream(file)) {
            int count = CertificateFactory.getInstance("X.509").generateCertificates(input).size();
            // With an empty store pgjdbc fails at its first connection.
            return count == 0 ? "no: empty" : String.valueOf(count);
        } catch (Exception refused) {
            return "no: " + refused.toString().replaceAll("\\s+", " ");
        }
    }
}

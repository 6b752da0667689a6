import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.BufferedReader;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLSession;
import org.postgresql.ssl.PGjdbcHostnameVerifier;

/** Tells for each certificate whether pgjdbc takes it for that of each host. */
public class Judge {
    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Path folder = Path.of(input.readLine());
        int count = Integer.parseInt(input.readLine());
        String[] hosts = Files.readString(folder.resolve("hosts")).split("\n");
        StringBuilder answers = new StringBuilder();
        for (int index = 0; index < count; index++) {
            SSLSession session = session(Files.readAllBytes(folder.resolve(index + ".pem")));
            for (String host : hosts) {
                answers.append(session != null && accepts(host, session) ? '+' : '-');
            }
            answers.append('\n');
        }
        System.out.print(answers);
    }

    private static boolean accepts(String host, SSLSession session) {
        try {
            return PGjdbcHostnameVerifier.INSTANCE.verify(host, session);
        } catch (RuntimeException refused) {
            return false;
        }
    }

    private static SSLSession session(byte[] pem) {
        X509Certificate[] chain = new X509Certificate[1];
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            chain[0] = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(pem));
        } catch (Exception refused) {
            return null;
        }
        return (SSLSession) Proxy.newProxyInstance(Judge.class.getClassLoader(), new Class<?>[] {SSLSession.class},
            (proxy, method, given) -> method.getName().equals("getPeerCertificates") ? chain : null);
    }
}

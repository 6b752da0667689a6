import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Reads stores from its input, one after the other, and says of each how many certificates are in it, or why none is. */
public class Judge {
    public static void main(String[] arguments) throws Exception {
        DataInputStream input = new DataInputStream(System.in);
        StringBuilder answers = new StringBuilder();
        for (int left = input.readInt(); left > 0; left--) {
            String kind = input.readUTF();
            byte[] bytes = bytes(input);
            String answer;
            try {
                answer = kind.equals("ANCHOR") ? verified(bytes, bytes(input)) : String.valueOf(count(kind, bytes));
            } catch (Exception | Error refused) {
                answer = refused.toString().replaceAll("\\s+", " ");
            }
            answers.append(answer).append('\n');
        }
        System.out.print(answers);
    }

    private static byte[] bytes(DataInputStream input) throws IOException {
        byte[] bytes = new byte[input.readInt()];
        input.readFully(bytes);
        return bytes;
    }

    private static int count(String kind, byte[] bytes) throws Exception {
        if (kind.equals("X.509")) {
            return CertificateFactory.getInstance(kind).generateCertificates(new ByteArrayInputStream(bytes)).size();
        }
        KeyStore store = KeyStore.getInstance(kind);
        store.load(new ByteArrayInputStream(bytes), "changeit".toCharArray());
        return store.size();
    }

    private static String verified(byte[] root, byte[] server) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("root", factory.generateCertificate(new ByteArrayInputStream(root)));
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(store);
        X509Certificate[] chain = {(X509Certificate) factory.generateCertificate(new ByteArrayInputStream(server))};
        ((X509TrustManager) managers.getTrustManagers()[0]).checkServerTrusted(chain, "ECDHE_ECDSA");
        return "verified";
    }
}

import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertificateExpiredException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** What this JVM trusts by default: prints the roots that have not expired, then meets a server: Trusts HOST PORT. */
class Trusts {
    public static void main(String[] arguments) throws Exception {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        for (TrustManager manager : factory.getTrustManagers()) {
            for (X509Certificate root : ((X509TrustManager) manager).getAcceptedIssuers()) {
                try {
                    root.checkValidity();
                } catch (CertificateExpiredException expired) {
                    continue;
                }
                StringBuilder line = new StringBuilder();
                for (byte octet : MessageDigest.getInstance("SHA-256").digest(root.getEncoded())) {
                    line.append(String.format("%02x", octet));
                }
                System.out.println(line);
            }
        }
        int port = Integer.parseInt(arguments[1]);
        try (SSLSocket socket = (SSLSocket) SSLSocketFactory.getDefault().createSocket(arguments[0], port)) {
            socket.startHandshake();
        }
    }
}

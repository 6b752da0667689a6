import java.security.KeyStore;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Says of each trust store, given with its password or `-`, how many certificates the JVM trusts by it; then of its own. */
public class Trusted {
    public static void main(String[] arguments) {
        for (int index = 0; index < arguments.length; index += 2) {
            System.setProperty("javax.net.ssl.trustStore", arguments[index]);
            if (arguments[index + 1].equals("-")) {
                System.clearProperty("javax.net.ssl.trustStorePassword");
            } else {
                System.setProperty("javax.net.ssl.trustStorePassword", arguments[index + 1]);
            }
            System.out.println(trusted());
        }
        System.clearProperty("javax.net.ssl.trustStore");
        System.clearProperty("javax.net.ssl.trustStorePassword");
        System.out.println(trusted());
    }

    private static String trusted() {
        try {
            TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
            managers.init((KeyStore) null);
            return String.valueOf(((X509TrustManager) managers.getTrustManagers()[0]).getAcceptedIssuers().length);
        } catch (Exception refused) {
            return "no: " + refused.toString().replaceAll("\\s+", " ");
        }
    }
}

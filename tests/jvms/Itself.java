import java.security.KeyStore;
import javax.net.ssl.TrustManagerFactory;

/** What a Java says of itself; with `-Djavax.net.debug=trustmanager` also which store it reads by default. */
public class Itself {
    public static void main(String[] arguments) throws Exception {
        System.out.println(System.getProperty("java.home"));
        System.out.println(System.getProperty("java.version"));
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm()).init((KeyStore) null);
    }
}

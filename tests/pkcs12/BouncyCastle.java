import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.security.KeyStore;
import java.security.Provider;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** Writes the certificates of `roots.pem` with every store type of Bouncy Castle that is PKCS#12 in BER. */
public class BouncyCastle {
    public static void main(String[] args) throws Exception {
        Provider provider = new BouncyCastleProvider();
        for (String type : new String[] {"BCPKCS12", "PKCS12-DEF", "PKCS12-3DES-3DES", "PKCS12-3DES-40RC2"}) {
            KeyStore store;
            try {
                store = KeyStore.getInstance(type, provider);
            } catch (java.security.KeyStoreException unknown) {
                continue;
            }
            store.load(null, null);
            int index = 0;
            try (FileInputStream input = new FileInputStream(args[0] + "/roots.pem")) {
                for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(input)) {
                    store.setCertificateEntry("root" + index++, certificate);
                }
            }
            try (FileOutputStream output = new FileOutputStream(args[0] + "/" + type + ".p12")) {
                store.store(output, "changeit".toCharArray());
            }
        }
    }
}

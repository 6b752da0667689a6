import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.security.Key;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collections;
import java.util.TreeSet;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/** Makes stores in every way that this JDK has, and says what this JDK finds in one. */
public class Stores {
    static final char[] STORE = "changeit".toCharArray();
    static final char[] KEY = "key-secret".toCharArray();

    public static void main(String[] args) throws Exception {
        if (args[0].equals("make")) {
            make(args[1], args[2], args[3]);
        } else {
            char[] password = args[1].equals("-") ? null : args[1].substring(1).toCharArray();
            for (int index = 2; index < args.length; index++) {
                System.out.println("store " + args[index]);
                try {
                    list(args[index], password);
                } catch (Exception error) {
                    System.out.println("failed " + error);
                }
            }
        }
    }

    static KeyStore load(String path, char[] password) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream input = path == null ? null : new FileInputStream(path)) {
            store.load(input, password);
        }
        return store;
    }

    /** `base` has one private key under `server`; `roots` is a PEM file. */
    static void make(String folder, String base, String roots) throws Exception {
        Certificate[] certificates;
        try (InputStream input = new FileInputStream(roots)) {
            certificates = CertificateFactory.getInstance("X.509").generateCertificates(input).toArray(new Certificate[0]);
        }
        KeyStore source = load(base, STORE);
        KeyStore mixed = load(null, null);
        mixed.setKeyEntry("server", source.getKey("server", STORE), KEY, source.getCertificateChain("server"));
        mixed.setKeyEntry("aes", new SecretKeySpec(new byte[16], "AES"), KEY, null);
        SecretKeyFactory factory = SecretKeyFactory.getInstance("PBE");
        mixed.setEntry("password", new KeyStore.SecretKeyEntry(factory.generateSecret(new PBEKeySpec("word".toCharArray()))),
            new KeyStore.PasswordProtection(KEY));
        mixed.setCertificateEntry("Root", certificates[0]);
        mixed.setCertificateEntry("\uD83D\uDD11 key", certificates[1]);

        String[] ciphers = {
            "", "NONE", "PBEWithSHA1AndRC2_40", "PBEWithSHA1AndRC2_128", "PBEWithSHA1AndDESede", "PBEWithSHA1AndRC4_40",
            "PBEWithSHA1AndRC4_128", "PBEWithHmacSHA1AndAES_128", "PBEWithHmacSHA1AndAES_256", "PBEWithHmacSHA224AndAES_128",
            "PBEWithHmacSHA224AndAES_256", "PBEWithHmacSHA256AndAES_128", "PBEWithHmacSHA256AndAES_256",
            "PBEWithHmacSHA384AndAES_128", "PBEWithHmacSHA384AndAES_256", "PBEWithHmacSHA512AndAES_128",
            "PBEWithHmacSHA512AndAES_256", "PBEWithHmacSHA512/224AndAES_256", "PBEWithHmacSHA512/256AndAES_256",
        };
        String[] checks = {
            "", "NONE", "HmacPBESHA1", "HmacPBESHA224", "HmacPBESHA256", "HmacPBESHA384", "HmacPBESHA512",
            "HmacPBESHA512/224", "HmacPBESHA512/256", "PBEWithHmacSHA256", "PBEWithHmacSHA512",
        };
        for (String cipher : ciphers) {
            store(mixed, folder, cipher, "");
        }
        for (String check : checks) {
            store(mixed, folder, "", check);
            store(mixed, folder, "NONE", check);
        }
    }

    static void store(KeyStore store, String folder, String cipher, String check) throws Exception {
        set("keystore.pkcs12.certProtectionAlgorithm", cipher);
        set("keystore.pkcs12.macAlgorithm", check);
        File file = new File(folder, (cipher + "." + check).replace('/', '_') + ".p12");
        try (FileOutputStream output = new FileOutputStream(file)) {
            // A store keeps the algorithms that it was made with.
            KeyStore copy = load(null, null);
            for (String alias : Collections.list(store.aliases())) {
                if (store.isCertificateEntry(alias)) {
                    copy.setCertificateEntry(alias, store.getCertificate(alias));
                } else {
                    KeyStore.ProtectionParameter key = new KeyStore.PasswordProtection(KEY);
                    copy.setEntry(alias, store.getEntry(alias, key), key);
                }
            }
            copy.store(output, STORE);
        } catch (Exception unknown) {
            file.delete();
            System.out.println("not by this JDK: " + file.getName());
        }
    }

    static void set(String property, String value) {
        if (value.isEmpty()) {
            System.clearProperty(property);
        } else {
            System.setProperty(property, value);
        }
    }

    /** One line for each entry; private keys also sign, so that they are known to work. */
    static void list(String path, char[] password) throws Exception {
        KeyStore store = load(path, password);
        for (String alias : new TreeSet<>(Collections.list(store.aliases()))) {
            if (store.isCertificateEntry(alias)) {
                System.out.println("trusted " + hex(store.getCertificate(alias).getEncoded()) + " " + alias);
                continue;
            }
            Key key;
            try {
                key = store.getKey(alias, KEY);
            } catch (UnrecoverableKeyException other) {
                key = store.getKey(alias, STORE);
            }
            String chain = "";
            if (key instanceof PrivateKey) {
                Signature signature = Signature.getInstance("SHA256withRSA");
                signature.initSign((PrivateKey) key);
                byte[] signed = signature.sign();
                signature.initVerify(store.getCertificate(alias));
                chain = " chain " + store.getCertificateChain(alias).length + " signs " + signature.verify(signed);
            }
            System.out.println("key " + hex(key.getEncoded()) + " " + alias + " " + store.getCreationDate(alias) + chain);
        }
    }

    static String hex(byte[] bytes) throws Exception {
        StringBuilder text = new StringBuilder();
        for (byte octet : MessageDigest.getInstance("SHA-256").digest(bytes)) {
            text.append(String.format("%02x", octet));
        }
        return text.toString();
    }
}

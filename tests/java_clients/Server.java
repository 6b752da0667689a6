import java.io.File;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/**
 * A TLS server for each of some stores. The password of the store is `changeit`, that of the private key another one.
 * `make FROM STORE...` puts the key of a store into new ones of the type that their extension says; `serve STORE...`
 * prints a port for each and serves until standard input ends.
 */
public class Server {
    static final char[] STORE = "changeit".toCharArray();
    static final char[] KEY = "key-secret".toCharArray();

    public static void main(String[] args) throws Exception {
        if (args[0].equals("make")) {
            KeyStore from = KeyStore.getInstance(new File(args[1]), STORE);
            Key key = from.getKey("server", STORE);
            Certificate[] chain = from.getCertificateChain("server");
            for (int index = 2; index < args.length; index++) {
                KeyStore store = KeyStore.getInstance(args[index].endsWith(".jks") ? "JKS" : "PKCS12");
                store.load(null, null);
                store.setKeyEntry("server", key, KEY, chain);
                store.setCertificateEntry("Corp", chain[chain.length - 1]);
                try (OutputStream output = new FileOutputStream(args[index])) {
                    store.store(output, STORE);
                }
            }
            return;
        }
        for (int index = 1; index < args.length; index++) {
            SSLServerSocket socket = socket(args[index]);
            System.out.println(socket.getLocalPort());
            Thread thread = new Thread(() -> serve(socket));
            thread.setDaemon(true);
            thread.start();
        }
        System.in.read();
    }

    static SSLServerSocket socket(String path) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(KeyStore.getInstance(new File(path), STORE), KEY);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        InetAddress here = InetAddress.getLoopbackAddress();
        return (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 0, here);
    }

    static void serve(SSLServerSocket socket) {
        while (true) {
            try (SSLSocket client = (SSLSocket) socket.accept()) {
                client.startHandshake();
                client.getInputStream().read();
            } catch (Exception error) {
                System.err.println(error);
            }
        }
    }
}

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Reads a time, a chain and a store from every line, and tells whether Java's TLS would trust the chain then. */
public class Judge {
    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] fields = line.split(" ");
            System.out.println(judge(fields).replace('\n', ' '));
        }
    }

    private static String judge(String[] fields) {
        try {
            Set<TrustAnchor> anchors = new HashSet<>();
            for (X509Certificate certificate : read(fields[2])) {
                anchors.add(new TrustAnchor(certificate, null));
            }
            PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, null);
            parameters.setRevocationEnabled(false);
            parameters.setDate(new Date(Long.parseLong(fields[0]) * 1000));
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(new CertPathTrustManagerParameters(parameters));
            X509TrustManager manager = (X509TrustManager) factory.getTrustManagers()[0];
            manager.checkServerTrusted(read(fields[1]).toArray(new X509Certificate[0]), "UNKNOWN");
            return "trusted";
        } catch (Exception refused) {
            return refused.toString();
        }
    }

    private static List<X509Certificate> read(String list) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<X509Certificate> certificates = new ArrayList<>();
        for (String one : list.split(",")) {
            byte[] der = Base64.getDecoder().decode(one);
            certificates.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
        }
        return certificates;
    }
}

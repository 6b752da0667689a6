// pgjdbc with either of its factories.
//
// Reads cells from standard input, the fields of each with tabs between them, and answers each with a line: `tls`, `plain`
// or `refused`, and why. The roots of DefaultJavaSSLFactory are those of the first cell: Java reads them once.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.sql.DriverManager;
import java.util.Properties;

class Cells {
    static final String QUERY =
            "select case when ssl then 'tls' else 'plain' end from pg_stat_ssl where pid = pg_backend_pid()";

    public static void main(String[] arguments) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
            String answer;
            try {
                answer = ask(line.split("\t")) + "\t";
            } catch (Exception error) {
                answer = "refused\t" + allOf(error);
            }
            System.out.println(answer.replace("\n", " "));
        }
    }

    static String ask(String[] cell) throws Exception {
        var properties = new Properties();
        properties.setProperty("user", "postgres");
        properties.setProperty("loginTimeout", "20");
        if (!cell[4].equals("-")) {
            properties.setProperty("sslmode", cell[4]);
        }
        if (cell[0].equals("DefaultJavaSSLFactory")) {
            properties.setProperty("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
            if (!cell[5].equals("-")) {
                System.setProperty("javax.net.ssl.trustStore", javaStore(Path.of(cell[5])));
            }
        } else if (!cell[5].equals("-")) {
            properties.setProperty("sslrootcert", cell[5]);
        }
        var host = cell[1].contains(":") ? "[" + cell[1] + "]" : cell[1];
        var url = "jdbc:postgresql://" + host + ":" + cell[2] + "/" + cell[3];
        try (var connection = DriverManager.getConnection(url, properties);
                var statement = connection.createStatement();
                var rows = statement.executeQuery(QUERY)) {
            rows.next();
            return rows.getString(1);
        }
    }

    /** A key store with the certificates of this PEM file, beside it. */
    static String javaStore(Path pem) throws Exception {
        var written = pem.resolveSibling(pem.getFileName() + ".jks");
        if (Files.exists(pem)) {
            var store = KeyStore.getInstance("JKS");
            store.load(null, null);
            try (var file = Files.newInputStream(pem)) {
                for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                    store.setCertificateEntry("root " + store.size(), certificate);
                }
            }
            try (var file = Files.newOutputStream(written)) {
                store.store(file, "changeit".toCharArray());
            }
        }
        return written.toString();
    }

    static String allOf(Throwable error) {
        return error + (error.getCause() == null ? "" : ": " + allOf(error.getCause()));
    }
}

// Prints what pgjdbc makes of each line of a file: host, port, database, user, mode, root and factory with tabs between
// them, or `refused`.

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.postgresql.jdbc.SslMode;

class Parse {
    public static void main(String[] arguments) throws Exception {
        for (String url : Files.readAllLines(Path.of(arguments[0]))) {
            System.out.println(parsed(url));
        }
    }

    private static String parsed(String url) {
        try {
            Properties properties = Driver.parseURL(url, null);
            if (properties == null) {
                return "refused";
            }
            return String.join("\t", text(PGProperty.PG_HOST, properties), text(PGProperty.PG_PORT, properties),
                text(PGProperty.PG_DBNAME, properties), text(PGProperty.USER, properties),
                SslMode.of(properties).value, text(PGProperty.SSL_ROOT_CERT, properties),
                text(PGProperty.SSL_FACTORY, properties));
        } catch (Exception error) {
            return "refused";
        }
    }

    private static String text(PGProperty property, Properties properties) {
        String text = property.getOrDefault(properties);
        return text == null ? "" : text;
    }
}

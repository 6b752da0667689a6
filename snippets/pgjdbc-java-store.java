// pgjdbc 42.7 with the roots of Java instead of a PEM file. The properties can be -D options of the JVM as well.
// The store takes the place of the JDK's own for the whole JVM, the web included. A path with no file behind it is an
// empty store for Java and no error; so is a PKCS#12 store with a password that is opened without one.
System.setProperty("javax.net.ssl.trustStore", "{file}");
System.setProperty("javax.net.ssl.trustStoreType", "PKCS12");
System.setProperty("javax.net.ssl.trustStorePassword", "changeit");
java.sql.Connection connection = java.sql.DriverManager.getConnection(
    "jdbc:postgresql://{host|url}:{port}/{dbname|url}?user={user|url}&sslmode=verify-full"
        + "&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory");

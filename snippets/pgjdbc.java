// pgjdbc 42.7 reads the PEM file itself, and neither PGSSLROOTCERT nor Java's cacerts.
// `require` and `prefer` check nothing, even where a root.crt exists.
java.sql.Connection connection = java.sql.DriverManager.getConnection(
    "jdbc:postgresql://{host|url}:{port}/{dbname|url}?user={user|url}&sslmode=verify-full&sslrootcert={file|query}");

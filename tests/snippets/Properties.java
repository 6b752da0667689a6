// Connects as a properties file says, of Spring or of Debezium: Properties.java FILE QUERY.

class Properties {
    public static void main(String[] arguments) throws Exception {
        var file = new java.util.Properties();
        file.load(new java.io.FileInputStream(arguments[0]));
        var url = file.getProperty("spring.datasource.url");
        var driver = new java.util.Properties();
        if (url != null) {
            driver.setProperty("user", file.getProperty("spring.datasource.username"));
        } else {
            url = "jdbc:postgresql://" + file.getProperty("database.hostname") + ":" + file.getProperty("database.port")
                + "/" + file.getProperty("database.dbname");
            // Debezium hands everything after `database.` to the driver.
            for (var name : file.stringPropertyNames()) {
                if (name.startsWith("database.")) {
                    driver.setProperty(name.substring("database.".length()), file.getProperty(name));
                }
            }
        }
        try (var connection = java.sql.DriverManager.getConnection(url, driver);
                var statement = connection.createStatement();
                var rows = statement.executeQuery(arguments[1])) {
            rows.next();
            System.out.println(rows.getString(1));
        }
    }
}

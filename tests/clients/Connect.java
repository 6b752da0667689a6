// Runs one query over pgjdbc: Connect.java URL QUERY.

import java.sql.DriverManager;

class Connect {
    public static void main(String[] arguments) throws Exception {
        try (var connection = DriverManager.getConnection("jdbc:" + arguments[0]);
                var statement = connection.createStatement();
                var rows = statement.executeQuery(arguments[1])) {
            rows.next();
            System.out.println(rows.getString(1));
        }
    }
}

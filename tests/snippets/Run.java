// Runs a snippet that makes `connection`: Run.java QUERY.

class Run {
    public static void main(String[] arguments) throws Exception {
        //snippet
        try (var statement = connection.createStatement(); var rows = statement.executeQuery(arguments[0])) {
            rows.next();
            System.out.println(rows.getString(1));
        }
    }
}

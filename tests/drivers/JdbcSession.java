// A session of pgjdbc against the URL given. Prints what it saw, without process ids and times.

import java.io.StringReader;
import java.io.StringWriter;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.BatchUpdateException;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.util.PSQLException;

public class JdbcSession {
    static final int BIG = 50 * 1024 * 1024;

    interface Work {
        void run() throws Exception;
    }

    static void tell(String step, Object... facts) {
        StringBuilder line = new StringBuilder(step).append(':');
        for (Object fact : facts) line.append(' ').append(fact);
        System.out.println(line);
    }

    static void expectFailure(String step, Work work) throws Exception {
        try {
            work.run();
            tell(step, "no error");
        } catch (BatchUpdateException error) {
            tell(step, error.getSQLState(), Arrays.toString(error.getUpdateCounts()), error.getNextException().getMessage());
        } catch (PSQLException error) {
            var said = error.getServerErrorMessage();
            if (said == null) tell(step, error.getSQLState(), error.getMessage());
            else tell(step, said.getSeverity(), said.getSQLState(), said.getMessage(), said.getDetail(), said.getHint(), said.getPosition());
        }
    }

    static String digest(byte[] data) throws Exception {
        return data.length + " " + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
    }

    static Connection connect(String url, String... more) throws Exception {
        URI uri = new URI(url);
        String[] user = uri.getRawUserInfo().split(":", 2);
        Properties properties = new Properties();
        properties.setProperty("user", URLDecoder.decode(user[0], StandardCharsets.UTF_8));
        if (user.length > 1) properties.setProperty("password", URLDecoder.decode(user[1], StandardCharsets.UTF_8));
        for (int i = 0; i < more.length; i += 2) properties.setProperty(more[i], more[i + 1]);
        String database = URLDecoder.decode(uri.getRawPath().substring(1), StandardCharsets.UTF_8);
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return DriverManager.getConnection("jdbc:postgresql://" + uri.getHost() + ":" + uri.getPort() + "/"
            + URLEncoder.encode(database, StandardCharsets.UTF_8) + query, properties);
    }

    static String row(ResultSet rows) throws SQLException {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
            boolean bytes = rows.getMetaData().getColumnTypeName(i).equals("bytea");
            text.append(bytes ? HexFormat.of().formatHex(rows.getBytes(i)) : rows.getString(i)).append('|');
        }
        return text.toString();
    }

    static void values(Connection connection) throws Exception {
        String query = "SELECT ?::int8, ?::text, ?::numeric, ?::bytea, ?::jsonb, ?::date";
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            // The fifth execution turns it into a named statement of the server.
            for (int number = 0; number < 12; number++) {
                statement.setLong(1, number);
                statement.setString(2, "text " + number + " ü");
                statement.setBigDecimal(3, new java.math.BigDecimal(number + ".50"));
                statement.setBytes(4, new byte[number]);
                statement.setString(5, "{\"n\": " + number + "}");
                statement.setDate(6, java.sql.Date.valueOf("2024-02-29"));
                try (ResultSet rows = statement.executeQuery()) {
                    rows.next();
                    tell("prepared", row(rows));
                }
            }
        }
        try (Statement statement = connection.createStatement()) {
            boolean more = statement.execute("SELECT 1; SELECT 2; CREATE TEMP TABLE t (i int UNIQUE); INSERT INTO t VALUES (1), (2)");
            for (int at = 0; more || statement.getUpdateCount() != -1; at++) {
                tell("several", at, more ? statement.getResultSet().next() : statement.getUpdateCount());
                more = statement.getMoreResults();
            }
        }
    }

    static void cursors(Connection connection) throws Exception {
        connection.setAutoCommit(false);
        try (PreparedStatement statement = connection.prepareStatement("SELECT i FROM generate_series(1, 5000) i")) {
            statement.setFetchSize(77);
            long total = 0;
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) total += rows.getInt(1);
            }
            tell("portal", total);
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    static void copies(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMP TABLE copied (i int, t text)");
        }
        var copy = connection.unwrap(PGConnection.class).getCopyAPI();
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 20000; i++) rows.append(i).append("\trow ").append(i).append('\n');
        tell("copy in", copy.copyIn("COPY copied FROM STDIN", new StringReader(rows.toString())));
        StringWriter out = new StringWriter();
        tell("copy out", copy.copyOut("COPY (SELECT * FROM copied ORDER BY i) TO STDOUT", out),
            digest(out.toString().getBytes(StandardCharsets.UTF_8)));
        expectFailure("copy of bad rows", () -> copy.copyIn("COPY copied FROM STDIN", new StringReader("x\ty\tz\n")));
        var given = copy.copyIn("COPY copied FROM STDIN");
        given.cancelCopy();
        tell("copy given up", given.isActive());
    }

    static void errors(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement()) {
            expectFailure("syntax", () -> statement.execute("SELEC 1"));
            expectFailure("missing", () -> statement.execute("SELECT * FROM nowhere"));
            expectFailure("several with an error", () -> statement.execute("SELECT 1; SELECT 1 / 0; SELECT 2"));
            connection.setAutoCommit(false);
            Savepoint savepoint = connection.setSavepoint("here");
            expectFailure("in a transaction", () -> statement.execute("SELECT 1 / 0"));
            expectFailure("failed transaction", () -> statement.execute("SELECT 1"));
            connection.rollback(savepoint);
            tell("after savepoint", statement.execute("SELECT 1"));
            connection.commit();
            connection.setAutoCommit(true);
        }
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO t VALUES (?)")) {
            for (int number : new int[] {10, 11, 12}) {
                statement.setInt(1, number);
                statement.addBatch();
            }
            tell("batch", Arrays.toString(statement.executeBatch()));
            for (int number : new int[] {20, 10, 21}) {
                statement.setInt(1, number);
                statement.addBatch();
            }
            expectFailure("batch with an error", statement::executeBatch);
        }
        connection.setReadOnly(true);
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            expectFailure("read only", () -> statement.execute("CREATE TABLE not_here ()"));
        }
        connection.rollback();
        connection.setAutoCommit(true);
        connection.setReadOnly(false);
    }

    static void messages(Connection connection, String url) throws Exception {
        try (Statement statement = connection.createStatement()) {
            statement.execute("DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END $$");
            for (SQLWarning said = statement.getWarnings(); said != null; said = said.getNextWarning()) {
                tell("notice", said.getSQLState(), said.getMessage());
            }
            statement.execute("LISTEN bell");
        }
        try (Connection other = connect(url); Statement statement = other.createStatement()) {
            statement.execute("SELECT pg_notify('bell', 'ring')");
        }
        for (PGNotification said : connection.unwrap(PGConnection.class).getNotifications(30_000)) {
            tell("notification", said.getName(), said.getParameter());
        }
    }

    static void cancelled(Connection connection, String url) throws Exception {
        try (Statement statement = connection.createStatement()) {
            ResultSet rows = statement.executeQuery("SELECT pg_backend_pid()");
            rows.next();
            int pid = rows.getInt(1);
            Thread canceller = new Thread(() -> {
                String active = "SELECT 1 FROM pg_stat_activity WHERE pid = " + pid + " AND state = 'active' AND query LIKE '%pg_sleep(60)'";
                try (Connection other = connect(url); Statement watch = other.createStatement()) {
                    while (!watch.executeQuery(active).next()) Thread.onSpinWait();
                    statement.cancel();
                } catch (Exception error) {
                    throw new IllegalStateException(error);
                }
            });
            canceller.start();
            expectFailure("cancelled", () -> statement.execute("SELECT pg_sleep(60)"));
            canceller.join();
            tell("after cancel", statement.execute("SELECT 1"));
        }
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            expectFailure("timed out", () -> statement.execute("SELECT pg_sleep(60)"));
        }
    }

    static void calls(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE FUNCTION pg_temp.half(n int, OUT h int) LANGUAGE sql AS 'SELECT n / 2'");
        }
        try (CallableStatement call = connection.prepareCall("{ ? = call pg_temp.half(?) }")) {
            call.registerOutParameter(1, java.sql.Types.INTEGER);
            call.setInt(2, 84);
            call.execute();
            tell("call", call.getInt(1));
        }
        // The fast path sends FunctionCall messages.
        connection.setAutoCommit(false);
        var objects = connection.unwrap(PGConnection.class).getLargeObjectAPI();
        long oid = objects.createLO();
        var object = objects.open(oid);
        object.write(new byte[100_000]);
        object.seek(99_990);
        tell("large object", object.read(100).length, object.tell());
        object.close();
        objects.delete(oid);
        connection.commit();
        connection.setAutoCommit(true);
    }

    static void large(Connection connection) throws Exception {
        byte[] data = new byte[BIG];
        for (int i = 0; i < BIG; i++) data[i] = (byte) i;
        try (PreparedStatement statement = connection.prepareStatement("SELECT ?::bytea, repeat('ab', ?)")) {
            statement.setBytes(1, data);
            statement.setInt(2, BIG / 2);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                tell("large", digest(rows.getBytes(1)), digest(rows.getString(2).getBytes(StandardCharsets.UTF_8)));
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        String url = arguments[0];
        try (Connection connection = connect(url, "ApplicationName", "pgjdbc")) {
            var facts = connection.getMetaData();
            tell("server", facts.getDatabaseProductName(), connection.unwrap(PGConnection.class).getParameterStatus("application_name"));
            values(connection);
            cursors(connection);
            copies(connection);
            errors(connection);
            messages(connection, url);
            cancelled(connection, url);
            calls(connection);
            large(connection);
        }
        try (Connection connection = connect(url, "preferQueryMode", "simple"); Statement statement = connection.createStatement()) {
            ResultSet rows = statement.executeQuery("SELECT 'simple'");
            rows.next();
            tell("simple mode", row(rows));
        }
        tell("done");
    }
}

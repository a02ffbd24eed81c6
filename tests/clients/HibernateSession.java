// A session of Hibernate over pgjdbc against the URL given: the driver's catalogue, validation of the schema,
// queries and, with "append", inserts by sequence and by identity.

import java.net.URI;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.hibernate.ScrollMode;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.hibernate.cfg.Configuration;

public class HibernateSession {
    // Entities without classes of their own: a program of one file is loaded where Hibernate does not look.
    static final String MAPPING = """
        <?xml version="1.0"?>
        <!DOCTYPE hibernate-mapping PUBLIC "-//Hibernate/Hibernate Mapping DTD 3.0//EN"
          "http://www.hibernate.org/dtd/hibernate-mapping-3.0.dtd">
        <hibernate-mapping>
          <class entity-name="Author" table="authors">
            <id name="id" type="integer"><generator class="sequence"><param name="sequence">authors_id_seq</param></generator></id>
            <property name="name" type="string" not-null="true"/>
          </class>
          <class entity-name="Item" table="items">
            <id name="id" type="integer"><generator class="assigned"/></id>
            <property name="name" type="string"/>
          </class>
          <class entity-name="Book" table="books">
            <id name="id" type="long"><generator class="identity"/></id>
            <property name="title" type="string"/>
            <property name="author" column="author_id" type="integer"/>
          </class>
        </hibernate-mapping>
        """;

    static URI uri;

    static int rows(ResultSet found) throws Exception {
        int rows = 0;
        while (found.next()) rows++;
        return rows;
    }

    static Properties login() {
        String[] pair = uri.getUserInfo().split(":");
        Properties login = new Properties();
        login.setProperty("user", pair[0]);
        login.setProperty("password", pair[1]);
        return login;
    }

    static String url() {
        return "jdbc:postgresql://" + uri.getHost() + ":" + uri.getPort() + uri.getPath();
    }

    static void catalogue() throws Exception {
        for (String mode : new String[] {"transaction", "ignore"}) {
            Properties login = login();
            login.setProperty("readOnlyMode", mode);
            try (Connection connection = DriverManager.getConnection(url(), login)) {
                DatabaseMetaData meta = connection.getMetaData();
                System.out.println(rows(meta.getTables(null, "public", "%", null)) + " " + rows(meta.getColumns(null, null, "authors", "%"))
                    + " " + rows(meta.getPrimaryKeys(null, null, "books")) + " " + rows(meta.getImportedKeys(null, null, "books"))
                    + " " + rows(meta.getIndexInfo(null, null, "books", false, true)) + " " + (rows(meta.getTypeInfo()) > 0)
                    + " " + (rows(meta.getProcedures(null, "public", "%")) >= 0) + " " + (rows(meta.getFunctions(null, "public", "%")) > 0)
                    + " " + rows(meta.getTablePrivileges(null, "public", "books")) + " " + rows(meta.getSchemas()) + " " + rows(meta.getUDTs(null, "public", "%", null)));
                connection.setReadOnly(true);
                connection.setAutoCommit(false);
                connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                System.out.println(connection.isValid(5) + " " + rows(connection.createStatement().executeQuery("SELECT * FROM cheap")));
                connection.rollback();
            }
        }
    }

    static SessionFactory factory() {
        return new Configuration()
            .addXML(MAPPING)
            .setProperty("hibernate.default_entity_mode", "dynamic-map")
            .setProperty("hibernate.connection.driver_class", "org.postgresql.Driver")
            .setProperty("hibernate.connection.url", url())
            .setProperty("hibernate.connection.username", login().getProperty("user"))
            .setProperty("hibernate.connection.password", login().getProperty("password"))
            .setProperty("hibernate.dialect", "org.hibernate.dialect.PostgreSQLDialect")
            .setProperty("hibernate.hbm2ddl.auto", "validate")
            .setProperty("hibernate.jdbc.batch_size", "10")
            .buildSessionFactory();
    }

    static void read(SessionFactory factory) {
        Session session = factory.openSession();
        session.beginTransaction();
        System.out.println(session.createQuery("select count(*) from Author").uniqueResult());
        System.out.println(((Map) session.get("Item", 1)).get("name"));
        System.out.println(session.createQuery("from Item where name like :name").setParameter("name", "p%").list().size());
        System.out.println(session.createSQLQuery("select title from books where title = 'Delete'").list());
        System.out.println(session.createCriteria("Author").setReadOnly(true).setFetchSize(1).scroll(ScrollMode.FORWARD_ONLY).next());
        session.getTransaction().commit();
        session.close();
    }

    static void append(SessionFactory factory) {
        Session session = factory.openSession();
        session.beginTransaction();
        for (int number = 0; number < 20; number++) {
            Map<String, Object> author = new HashMap<>(Map.of("name", "hibernated " + number));
            session.save("Author", author);
            session.save("Item", new HashMap<>(Map.of("id", 1000 + number, "name", "update")));
            session.save("Book", new HashMap<>(Map.of("title", "Volume " + number, "author", author.get("id"))));
            session.flush();
        }
        session.getTransaction().commit();
        session.close();
    }

    public static void main(String[] arguments) throws Exception {
        uri = new URI(arguments[0].replaceFirst("@(?=[^@]*$)", "%40"));
        catalogue();
        SessionFactory factory = factory();
        read(factory);
        if (arguments.length > 1 && arguments[1].equals("append")) append(factory);
        read(factory);
        factory.close();
        System.out.println("done");
    }
}

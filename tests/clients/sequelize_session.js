// A session of Sequelize against the URL given: its introspection, its queries and, with "append", its inserts.
const { DataTypes, Op, QueryTypes, Sequelize, Transaction } = require('sequelize');

const url = new URL(process.argv[2]);
const sequelize = new Sequelize(url.pathname.slice(1), url.username, url.password, {
  host: url.hostname, port: url.port, dialect: 'postgres', logging: false, timezone: '+02:00',
});
const plain = { timestamps: false };
const Author = sequelize.define('author', { name: DataTypes.STRING, tags: DataTypes.ARRAY(DataTypes.TEXT), facts: DataTypes.JSONB }, { ...plain, tableName: 'authors' });
const Book = sequelize.define('book', { title: DataTypes.TEXT, price: DataTypes.DECIMAL }, { ...plain, tableName: 'books' });
Author.hasMany(Book, { foreignKey: 'author_id' });
Book.belongsTo(Author, { foreignKey: 'author_id' });

async function introspect() {
  await sequelize.authenticate();
  const asks = sequelize.getQueryInterface();
  console.log(await asks.showAllTables(), await asks.showAllSchemas(), await sequelize.databaseVersion() !== '');
  for (const table of ['authors', 'books']) {
    console.log(Object.keys(await asks.describeTable(table)), (await asks.showIndex(table)).length,
      (await asks.getForeignKeyReferencesForTable(table)).length, (await asks.showConstraint(table)).length);
  }
  console.log(await asks.tableExists('books'));
}

async function read() {
  console.log(await Author.count(), (await Author.findOne({ where: { facts: { update: 1 } } })).name);
  console.log((await Author.findAll({ include: Book, order: ['id'] })).map((author) => author.books.length));
  console.log(await Book.findAndCountAll({ where: { title: { [Op.iLike]: 'delete' } }, raw: true, limit: 1 }));
  console.log(await sequelize.query('SELECT :name::text AS update', { replacements: { name: 'x' }, type: QueryTypes.SELECT }));
  const isolationLevel = Transaction.ISOLATION_LEVELS.REPEATABLE_READ;
  await sequelize.transaction({ isolationLevel }, async (transaction) => {
    console.log((await Author.findByPk(1, { transaction })).tags);
    await sequelize.transaction({ transaction }, async (inner) => Book.count({ transaction: inner }));
  });
  await sequelize.transaction({ readOnly: true }, async (transaction) => console.log(await Book.max('price', { transaction })));
}

async function append() {
  const author = await Author.create({ name: 'Lee', tags: ['drop'], facts: { delete: 1 } });
  await author.createBook({ title: 'Truncate', price: 2 });
  await Book.bulkCreate(Array.from({ length: 50 }, (_, n) => ({ title: `Volume ${n}`, price: n, author_id: author.id })));
  await Author.bulkCreate([{ name: 'Lee', tags: [] }, { name: 'Mia', tags: [] }], { ignoreDuplicates: true });
  console.log(await author.countBooks());
}

(async () => {
  await introspect();
  await read();
  if (process.argv[3] === 'append') await append();
  await sequelize.close();
  console.log('done');
})().catch((error) => { console.error(error); process.exit(1); });

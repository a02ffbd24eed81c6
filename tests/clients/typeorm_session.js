// A session of TypeORM against the URL given: its introspection, its queries and, with "append", its inserts.
require('reflect-metadata');
const { DataSource, EntitySchema, Like } = require('typeorm');

const Author = new EntitySchema({
  name: 'Author', tableName: 'authors',
  columns: { id: { type: Number, primary: true, generated: true }, name: { type: String }, facts: { type: 'jsonb', nullable: true }, tags: { type: 'text', array: true } },
  relations: { books: { type: 'one-to-many', target: 'Book', inverseSide: 'author' } },
});
const Book = new EntitySchema({
  name: 'Book', tableName: 'books',
  columns: { id: { type: 'bigint', primary: true, generated: true }, title: { type: 'text' }, price: { type: 'numeric' } },
  relations: { author: { type: 'many-to-one', target: 'Author', inverseSide: 'books', joinColumn: { name: 'author_id' } } },
});
const url = new URL(process.argv[2]);
const source = new DataSource({
  type: 'postgres', host: url.hostname, port: Number(url.port), username: url.username, password: url.password,
  database: url.pathname.slice(1), entities: [Author, Book], synchronize: false,
});

async function introspect() {
  const runner = source.createQueryRunner();
  const tables = await runner.getTables();
  console.log(tables.map((table) => [table.name, table.columns.length, table.indices.length, table.foreignKeys.length]));
  console.log((await runner.getViews()).length, await runner.getSchemas(), await runner.hasTable('books'), await runner.getCurrentDatabase());
  await runner.release();
  console.log((await source.driver.createSchemaBuilder().log()).upQueries.length > 0);
}

async function read() {
  const authors = source.getRepository('Author');
  console.log(await authors.count(), await authors.findOne({ where: { name: Like('A%') }, relations: { books: true } }));
  console.log(await source.getRepository('Book').createQueryBuilder('book').leftJoinAndSelect('book.author', 'author')
    .where('book.title = :title', { title: 'Delete' }).getManyAndCount());
  await source.transaction('REPEATABLE READ', async (manager) => {
    console.log(await manager.countBy('Book', { title: 'Notes' }));
    await manager.transaction(async (inner) => inner.exists('Author'));
  });
  const stream = await source.getRepository('Book').createQueryBuilder('book').select('book.id').getRawMany();
  console.log(stream.length);
}

async function append() {
  const author = await source.getRepository('Author').save({ name: 'Ned', facts: { merge: 1 }, tags: [] });
  await source.getRepository('Book').save(Array.from({ length: 20 }, (_, n) => ({ title: `Volume ${n}`, price: n, author })));
  await source.createQueryBuilder().insert().into('Author').values({ name: 'Ned', tags: [] }).orIgnore().execute();
  console.log(await source.getRepository('Book').countBy({ author: { id: author.id } }));
}

(async () => {
  await source.initialize();
  await introspect();
  await read();
  if (process.argv[3] === 'append') await append();
  await source.destroy();
  console.log('done');
})().catch((error) => { console.error(error); process.exit(1); });

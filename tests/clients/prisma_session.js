// A session of Prisma against the URL given: its queries, transactions and, with "append", its inserts.
const { PrismaPg } = require('@prisma/adapter-pg');
const { PrismaClient, Prisma } = require('../../target/node/prisma-client');

const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.argv[2] }) });

async function read() {
  console.log(await prisma.author.count(), await prisma.author.findMany({
    where: { OR: [{ name: { startsWith: 'A' } }, { tags: { has: 'loom' } }] }, include: { books: { orderBy: { price: 'desc' } } },
  }));
  console.log(await prisma.book.findFirst({ where: { title: 'Delete', author: { mood: 'calm' } }, select: { title: true, author: true } }));
  console.log(await prisma.book.groupBy({ by: ['authorId'], _sum: { price: true }, having: { price: { _avg: { gt: 1 } } } }));
  console.log(await prisma.$queryRaw`SELECT title FROM books WHERE price < ${5} ORDER BY title`);
  const both = await prisma.$transaction([prisma.author.count(), prisma.book.aggregate({ _max: { price: true } })],
    { isolationLevel: Prisma.TransactionIsolationLevel.RepeatableRead });
  console.log(both);
  await prisma.$transaction(async (inner) => {
    console.log(await inner.author.findUniqueOrThrow({ where: { name: 'Ada' } }), await inner.book.findMany({ cursor: { id: 1n }, take: 2 }));
  });
}

async function append() {
  const pru = await prisma.author.create({ data: { name: 'Pru', facts: { merge: 1 }, tags: ['update'] } });
  console.log(await prisma.book.createMany({ data: Array.from({ length: 20 }, (_, n) => ({ title: `Volume ${n}`, price: n, authorId: pru.id })) }));
  console.log(await prisma.author.createMany({ data: [{ name: 'Pru' }], skipDuplicates: true }));
  console.log(await prisma.author.create({ data: { name: 'Pia', books: { create: [{ title: 'First' }] } }, include: { books: true } }));
}

(async () => {
  await prisma.$connect();
  await read();
  if (process.argv[3] === 'append') await append();
  await prisma.$disconnect();
  console.log('done');
})().catch((error) => { console.error(error); process.exit(1); });

"""A session of Django against the URL given: its introspection, its queries and, with "append", its inserts."""

import io
import sys
from urllib.parse import unquote, urlsplit

import django
from django.apps import AppConfig
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction


class Shop(AppConfig):
    name, label, path = "__main__", "shop", "."


URL = urlsplit(sys.argv[1])
settings.configure(
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": unquote(URL.path[1:]), "USER": URL.username,
        "PASSWORD": URL.password, "HOST": URL.hostname, "PORT": URL.port, "CONN_HEALTH_CHECKS": True}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "__main__.Shop"], USE_TZ=True, TIME_ZONE="Europe/Berlin")
django.setup()


class Author(models.Model):
    name = models.CharField(max_length=100, unique=True)
    facts = models.JSONField(null=True)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label, db_table, managed = "shop", "authors", False


class Book(models.Model):
    author = models.ForeignKey(Author, models.CASCADE)
    title = models.TextField()
    price = models.DecimalField(max_digits=8, decimal_places=2)

    class Meta:
        app_label, db_table, managed = "shop", "books", False


def introspect():
    for options in ({}, {"include_views": True, "include_partitions": True}):
        said = io.StringIO()
        call_command("inspectdb", stdout=said, **options)
        print("inspected", said.getvalue().count("class Meta"))
    said = io.StringIO()
    call_command("showmigrations", stdout=said)
    call_command("check", databases=["default"], stdout=said)
    call_command("dbshell", "--", "-X", "-c", "\\d books", stdout=said)
    print("migrations", "contenttypes" in said.getvalue())
    with connection.cursor() as cursor:
        print("constraints", sorted(connection.introspection.get_constraints(cursor, "books")))
        print("sequences", connection.introspection.get_sequences(cursor, "authors"))


def read():
    print(Author.objects.count(), Book.objects.filter(author__name="Ada").exists())
    print([book.author.name for book in Book.objects.select_related("author").order_by("pk")[:2]])
    print(list(Author.objects.prefetch_related("book_set").values_list("name", "book__title").order_by("book"))[:3])
    print(sum(1 for _ in Book.objects.iterator(chunk_size=1)), Book.objects.aggregate(models.Avg("price")))
    print(Author.objects.filter(facts__update=1).dates("since", "year").count())
    print(Book.objects.filter(title="Delete").explain(analyze=True)[:1])
    print(Author.objects.raw("SELECT id, name AS name FROM authors WHERE name = %s", ["Bob"])[0].name)
    with transaction.atomic():
        print(Book.objects.in_bulk([1, 2]).keys())
        with transaction.atomic():
            print(Author.objects.first().name, Author.objects.union(Author.objects.all()).count())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(7), pg_advisory_unlock(7)")
        cursor.callproc("shelf", [1])


def append():
    author = Author.objects.create(name="Cyd", facts={"delete": True})
    book = Book(author=author, title="Update", price=2)
    book.save()
    Book.objects.bulk_create([Book(author=author, title=f"Volume {n}", price=n) for n in range(100)])
    Author.objects.bulk_create([Author(name="Cyd"), Author(name="Dee")], ignore_conflicts=True)
    print(Author.objects.get_or_create(name="Eve")[1], Author.objects.get_or_create(name="Eve")[1])
    try:
        with transaction.atomic():
            Author.objects.create(name="Eve")
    except IntegrityError as error:
        print("refused", error.__cause__.sqlstate)
    print(Book.objects.filter(author=author).count())


introspect()
read()
if "append" in sys.argv[2:]:
    append()
connection.close()
read()
print("done")

# A session of ActiveRecord against the URL given: its schema dump, its queries and, with "append", its inserts.
require "logger"
require "active_record"
require "stringio"

ActiveRecord::Base.establish_connection("#{ARGV[0].sub(/@(?=[^@]*\z)/, "%40")}")
connection = ActiveRecord::Base.connection

class Author < ActiveRecord::Base
  has_many :books
end

class Book < ActiveRecord::Base
  belongs_to :author
end

def introspect(connection)
  $stdout = dumped = StringIO.new
  ActiveRecord::SchemaDumper.dump
  $stdout = STDOUT
  puts dumped.string.scan(/create_table "\w+"/)
  connection.tables.sort.each do |table|
    puts [table, connection.columns(table).size, connection.indexes(table).size,
          connection.foreign_keys(table).size, connection.primary_keys(table).inspect].join(" ")
  end
  puts connection.views.sort.inspect, connection.table_comment("authors"), connection.extensions.size
  puts connection.schema_names.inspect, connection.encoding, connection.collation, connection.pk_and_sequence_for("authors").inspect
  migrations = connection.respond_to?(:migration_context) ? connection : connection.pool
  puts migrations.migration_context.needs_migration?
end

def read
  puts Author.count, Author.order(:id).pluck(:name).inspect, Book.joins(:author).where(authors: { name: "Ada" }).count
  puts Author.includes(:books).order(:id).map { |author| author.books.size }.inspect
  Book.find_each(batch_size: 1) { |book| puts book.title }
  puts Book.where("price < ?", 5).exists?, Book.average(:price), Author.find_by(name: "Bob").id
  puts Book.where(title: "Delete").explain.lines.first
  Author.transaction(isolation: :repeatable_read) { puts Author.first.tags.inspect }
  Author.transaction { Author.transaction(requires_new: true) { puts Author.last.name } }
  puts Author.connection.get_advisory_lock(42), Author.connection.release_advisory_lock(42)
end

def append
  author = Author.create!(name: "Ivy", facts: { delete: 1 }, tags: ["a"])
  author.books.create!(title: "Insert")
  author.books << Book.new(title: "Select")
  Book.insert_all((1..50).map { |n| { author_id: author.id, title: "Volume #{n}" } })
  Author.insert_all([{ name: "Ivy" }, { name: "Jon" }])
  puts Author.find_or_create_by!(name: "Kim").persisted?, Author.create_or_find_by!(name: "Kim").name, author.books.count
end

introspect(connection)
read
append if ARGV.include?("append")
ActiveRecord::Base.connection_handler.clear_all_connections!
read
puts "done"

"""The statements that make, fill and compare the tables that PostgreSQL searches.

In all of them, `{name}` stands for the name that the tables begin with, and `{vector}` for the type
of the vectors. The names are those of this program.
"""
# ruff: noqa: S608

# A word's places are numbered, not true: those in titles come last and have the weight A. The two
# lengths that end in _norm are rounded as tantivy does.
MAKE = """
CREATE TABLE {name} (
    id bigint PRIMARY KEY, vector {vector} NOT NULL, words tsvector NOT NULL,
    text_words bigint NOT NULL, title_words bigint NOT NULL,
    text_norm bigint NOT NULL, title_norm bigint NOT NULL);
ALTER TABLE {name} ALTER vector SET STORAGE PLAIN;
CREATE INDEX {name}_by_word ON {name} USING gin (words);
CREATE TABLE {name}_words (
    word text COLLATE "C" PRIMARY KEY, in_texts bigint NOT NULL, in_titles bigint NOT NULL);
CREATE TABLE {name}_level (
    version bigint NOT NULL, dim bigint NOT NULL, generation bigint NOT NULL,
    chunks bigint NOT NULL, text_words bigint NOT NULL, title_words bigint NOT NULL);
"""
DROP = "DROP TABLE IF EXISTS {name}, {name}_words, {name}_level"
_GIVEN = (
    "SELECT id, vector::{vector} AS vector, words::tsvector AS words, text_words, title_words,"
    " text_norm, title_norm"
    " FROM unnest(?::bigint[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[],"
    " ?::bigint[])"
    " AS given (id, vector, words, text_words, title_words, text_norm, title_norm)"
)
# How many texts and titles have each word of some rows.
_COUNTED = (
    "SELECT lexeme AS word, count(*) FILTER (WHERE 'D' = ANY (weights)) AS in_texts,"
    " count(*) FILTER (WHERE 'A' = ANY (weights)) AS in_titles"
    " FROM {rows} CROSS JOIN unnest(words) GROUP BY lexeme ORDER BY lexeme"
)
_SUMMED = (
    "SELECT count(*) AS chunks, coalesce(sum(text_words), 0) AS text_words,"
    " coalesce(sum(title_words), 0) AS title_words FROM {rows}"
)
ADD = (
    f"WITH made AS (INSERT INTO {{name}} {_GIVEN} ON CONFLICT DO NOTHING RETURNING *), words AS ("
    f"INSERT INTO {{name}}_words AS kept {_COUNTED.format(rows='made')}"
    " ON CONFLICT (word) DO UPDATE SET in_texts = kept.in_texts + excluded.in_texts,"
    " in_titles = kept.in_titles + excluded.in_titles)"
    " UPDATE {name}_level AS kept SET chunks = kept.chunks + made.chunks,"
    " text_words = kept.text_words + made.text_words,"
    f" title_words = kept.title_words + made.title_words FROM ({_SUMMED.format(rows='made')}) made"
)
REMOVE = (
    "WITH gone AS (DELETE FROM {name} WHERE id = ANY (?::bigint[]) RETURNING *), words AS ("
    "UPDATE {name}_words AS kept SET in_texts = kept.in_texts - gone.in_texts,"
    " in_titles = kept.in_titles - gone.in_titles"
    f" FROM ({_COUNTED.format(rows='gone')}) gone WHERE kept.word = gone.word)"
    " UPDATE {name}_level AS kept SET chunks = kept.chunks - gone.chunks,"
    " text_words = kept.text_words - gone.text_words,"
    f" title_words = kept.title_words - gone.title_words FROM ({_SUMMED.format(rows='gone')}) gone"
)
DIFFERING = (
    f"SELECT id FROM {{name}} held JOIN ({_GIVEN}) given USING (id) WHERE"
    " (held.text_words, held.title_words, held.text_norm, held.title_norm) IS DISTINCT FROM"
    " (given.text_words, given.title_words, given.text_norm, given.title_norm)"
    " OR held.words <> given.words OR held.vector::text <> given.vector::text"
)
MISCOUNTED = (
    f"SELECT EXISTS (SELECT 1 FROM ({_COUNTED.format(rows='{name}')}) counted FULL JOIN"
    " (SELECT * FROM {name}_words WHERE in_texts <> 0 OR in_titles <> 0) kept USING (word)"
    " WHERE (counted.in_texts, counted.in_titles) IS DISTINCT FROM (kept.in_texts, kept.in_titles))"
    f" OR EXISTS (SELECT 1 FROM ({_SUMMED.format(rows='{name}')}) counted, {{name}}_level kept"
    " WHERE (counted.chunks, counted.text_words, counted.title_words) IS DISTINCT FROM"
    " (kept.chunks, kept.text_words, kept.title_words))"
)
RECOUNT = f"""
DELETE FROM {{name}}_words;
INSERT INTO {{name}}_words {_COUNTED.format(rows="{name}")};
UPDATE {{name}}_level AS kept SET chunks = counted.chunks, text_words = counted.text_words,
    title_words = counted.title_words FROM ({_SUMMED.format(rows="{name}")}) counted
"""
# Vectors are in lists around the means of some. A graph (HNSW) lost seven of ten where there are
# many near copies, which it links only to one another; docs/decisions.
LISTS = (
    "CREATE INDEX {{name}}_lists_new ON {{name}} USING ivfflat"
    " (vector {{schema}}.halfvec_ip_ops) WITH (lists = {lists})"
)
REPLACE = """
DROP INDEX IF EXISTS {name}_lists;
ALTER INDEX {name}_lists_new RENAME TO {name}_lists
"""
LISTED = (
    "SELECT substring(reloptions::text FROM 'lists=([0-9]+)')::bigint FROM pg_class"
    " WHERE oid = to_regclass(?)"
)

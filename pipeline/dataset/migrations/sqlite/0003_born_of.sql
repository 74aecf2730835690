-- born_of: of a birth, the record of the pregnancy that it ended. Blank in rows that an earlier program stored.
alter table record add column born_of blob;

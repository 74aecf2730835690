//! The rules that any file can break, whatever its kind. A kind's own rules are constants of its crate.

records::rules! {
    EMPTY_FILE = "F001", "the file is empty",
        "send the file again; a delivery without rows still needs its header", "sendlink";
    TRUNCATED = "F002", "the file stops in the middle of a record",
        "send the whole file again", "RFC 4180; sendlink";
    NO_BYTE_ORDER_MARK = "F003", "the file is declared as UTF-16 but has no byte order mark",
        "export with a byte order mark, or declare the encoding that is in use", "Unicode Standard 3.10";
    BAD_HEADER = "F004", "the header row is missing or cannot be read as text",
        "check that the header stands in the row that the layout names, in the declared encoding", "sendlink";
    MISSING_COLUMN = "F005", "a column that the record needs is not in the header",
        "put the column back under the name that the layout knows, or send a new layout", "sendlink";
    ABSENT_COLUMN = "F006", "a column that the layout names is not in the header",
        "put the column back, or tell the data team that it is no longer sent", "sendlink";
    DOUBLE_COLUMN = "F007", "two columns have the same name, and the layout reads one of them",
        "rename or remove one of the two", "sendlink";
    UNKNOWN_COLUMN = "F008", "a column that the layout does not know",
        "tell the data team what it holds, so that the layout can name it", "sendlink";
    UNEQUAL_FIELDS = "F009", "the record has more or fewer fields than the header",
        "put fields that hold a delimiter or a line end between double quotes", "RFC 4180 section 2";
    TEXT_AFTER_QUOTE = "F010", "text follows a closing quote",
        "write a double quote inside a quoted field twice", "RFC 4180 section 2";
    BAD_ENCODING = "F011", "the row is not text in the declared encoding",
        "export the file in the encoding that the layout declares", "sendlink";
    CONTROL_CHARACTER = "F012", "a cell holds a control character",
        "remove NUL and other control characters from the cell", "sendlink";
    LONG_FIELD = "F013", "a cell holds more than 64 KiB",
        "shorten the text, or check for a double quote that is not closed", "sendlink";
    LONG_RECORD = "F014", "the record is longer than 1 MiB",
        "check for a double quote that is not closed", "sendlink";
    NOT_A_WORKBOOK = "F015", "the workbook cannot be opened",
        "save it as an Excel workbook (.xlsx) without a password and send it again", "ECMA-376";
    NO_SHEET = "F016", "the workbook has no sheet of the name that the layout gives",
        "name the sheet as agreed", "sendlink";
    TOO_LARGE = "F017", "the file is larger than can be read safely",
        "send it in several files, without formatted empty rows and columns", "sendlink";
    NOT_JSON = "F018", "the file is not an array of JSON objects",
        "send one array of objects, as RFC 8259 has it", "RFC 8259";
    REPEATED_KEY = "F019", "an object has the same key twice",
        "send each key once", "RFC 8259 section 4";
    DEEP_NESTING = "F020", "values are nested too deeply",
        "send flat objects as agreed", "sendlink";
    MISSING_VALUE = "F021", "a value that the record needs is blank",
        "fill the value in", "sendlink";
    EXPECTED_VALUE = "F022", "a value that is expected is blank",
        "fill the value in where it is known", "sendlink";
    UNKNOWN_CODE = "F023", "a code that is not in the code list",
        "use a code of the list, or tell the data team what the new one means", "sendlink";
    BAD_DATE = "F024", "not a date in a form that the layout declares, or no such day",
        "write a day that exists in the declared form", "sendlink";
    BAD_NUMBER = "F025", "not a whole number, or outside the range that can be meant",
        "write a whole number within the range", "sendlink";
    LONG_TEXT = "F026", "the text is longer than the field allows",
        "shorten the text", "sendlink";
    BAD_FORM = "F027", "the value is not written as its field requires",
        "write the value in the form that the data dictionary gives", "sendlink";
    ERROR_CELL = "F028", "the cell holds a spreadsheet error",
        "mend the formula, or paste its value", "sendlink";
    LEGACY_CODE = "F029", "a code that is no longer in use",
        "use the code that replaced it", "sendlink";
    UNMAPPED_FIELD = "F030", "the layout has no column for a field that the record needs",
        "agree a column for it and name it in the layout", "sendlink";
    PLACEHOLDER = "F031", "a stand-in, not an identifier of a person",
        "leave the cell blank where the identifier is not known", "sendlink";
    BAD_NHS_NUMBER = "F032", "not a valid NHS number",
        "check the ten digits against the record; the last is a check digit", "NHS Data Dictionary, NHS NUMBER";
    BAD_UPN = "F033", "not a valid unique pupil number",
        "check the thirteen characters against the pupil's record; the first is a check letter",
        "DfE unique pupil numbers guide";
    BAD_ULN = "F034", "not a valid unique learner number",
        "check the ten digits; the last is a check digit", "Learning Records Service, ULN specification";
    BAD_NAME = "F035", "not a personal name",
        "write the name alone, without digits, symbols or invisible characters", "sendlink";
    BAD_POSTCODE = "F036", "not a postcode",
        "write the whole postcode", "Royal Mail postcode address file";
    BAD_BIRTH_DATE = "F037", "not a date on which a child of this record can have been born",
        "check the birth date", "sendlink";
    UNCLOSED_QUOTE = "F038", "a double quote is opened here and not closed, so that the rows after it cannot be told apart",
        "close the quote, or write a double quote inside a quoted field twice", "RFC 4180 section 2";
    LEADING_ZERO = "F039", "the number is one digit short; the zero that it lost at its start was put back",
        "keep identifiers as text, so that their leading zeros stay", "sendlink";
    MISSING_TABLE = "F040", "a table that every delivery of this set needs is not in it",
        "export the whole table set again", "sendlink";
    EXPECTED_TABLE = "F041", "a table that a delivery of this set should have is not in it",
        "export the whole table set; what the table says is unknown until then", "sendlink";
    UNKNOWN_TABLE = "F042", "the file is no table of this layout",
        "leave files out that do not belong to the export, or tell the data team of a new table", "sendlink";
    DOUBLE_KEY = "F043", "two rows of the table have the same key",
        "export the table set again; a table may stand in it twice", "sendlink";
    ORPHAN = "F044", "the row belongs to no row of this delivery",
        "export the whole table set again, at one time", "sendlink";
    MANY_ORPHANS = "F045", "more than a tenth of the table's rows belong to no row of this delivery",
        "export the whole table set again, at one time; the table that they belong to seems to be cut short", "sendlink";
    NO_SUBMISSION = "F046", "the header does not say whose submission this is, of which month and when it was made",
        "fill in provider, reporting period and time of creation in the header table", "NHS Data Dictionary, data set header";
    SEVERAL_SUBMISSIONS = "F047", "the headers of the delivery differ: these are several submissions",
        "put each submission into a folder of its own", "sendlink";
    OTHER_PROVIDER = "F048", "the submission is another provider's than the one that this feed is of",
        "check that the submission was meant for this feed", "sendlink";
    NOT_A_MONTH = "F049", "the reporting period is not one calendar month",
        "send a submission for each month", "NHS Data Dictionary, REPORTING PERIOD START DATE";
    FUTURE_PERIOD = "F050", "the reporting period or the time of creation lies after the day on which the delivery is read",
        "check the dates in the header table", "sendlink";
    NOT_FHIR = "F051", "the file is not FHIR: neither a Bundle nor resources one after the other",
        "send Bundles in JSON, one in a file, one a line or in an array, or one in an XML document", "HL7 FHIR, Bundle";
    NO_RESOURCE = "F052", "the object does not say which resource it is",
        "send whole FHIR resources, with their resourceType", "HL7 FHIR, resource formats";
    NO_EVENT_TYPE = "F053", "the message does not say whether it is new, an update or a deletion",
        "fill in the message event type of the header", "NHS England, National Events Management Service, generic event message requirements";
    SEVERAL_NUMBERS = "F054", "the person has several different NHS numbers in force; none of them was used",
        "send one NHS number, and give superseded ones an end", "NHS England, UK Core Patient";
    BAD_NHS_NUMBER_DIGEST = "F055", "not the digest of an NHS number",
        "write the 64 hexadecimal digits that OpenPseudonymiser gave, or leave the cell blank", "OpenPseudonymiser CryptoLib";
    DAMAGED_ARCHIVE = "F061", "the archive cannot be opened, or it is cut short",
        "make it again as a plain .zip or .gz and send it again", "RFC 1952; PKWARE APPNOTE";
    LOCKED_ARCHIVE = "F062", "the archive is locked with a password",
        "send it without a password, by a way that is itself protected", "PKWARE APPNOTE";
    ARCHIVE_BOMB = "F063", "the archive opens to far more than its size explains, or to more than can be read safely",
        "send fewer files in each archive, or send them without one", "sendlink";
    ARCHIVE_NAMES = "F064", "two files of the delivery have the same name",
        "give each file a name of its own, whatever folder of the archive it lies in", "sendlink";
    NESTED_ARCHIVE = "F065", "the archive holds another archive, or something that is not a file",
        "put the files themselves into the archive", "sendlink";
}

pub use records::Rule;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_sorted() {
        assert!(ALL.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}

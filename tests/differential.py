"""Reads the files of differential.rs with Python's csv and with lxml, and says what is in them.

One file a line comes in, as {"format": "csv" | "xml", "hex": "..."}; one answer a line goes out, in the form in which
the test writes its own reading down. Where the two are meant to differ, this script says what sendlink must say:

- a CSV file whose header or last row was cut off is refused, which csv takes as it stands;
- a row of another length than the header is "ragged", and one with a control character is "control";
- a document with a document type declaration is refused, which lxml reads;
- text beside child elements is a flaw, which lxml takes; so is a C1 control or a replacement character;
- what lxml refuses because of one element's text or attributes costs sendlink that element alone: the answer is then
  "error", and the test asks for a flaw or a refusal.
"""

import csv
import io
import json
import sys

from lxml import etree


def is_control(character):
    return (ord(character) < 32 and character not in "\t\n\r") or 0x7F <= ord(character) < 0xA0


def read_csv(data):
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "error"
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error:
        return "error"
    if not rows:
        return "refused"
    ended = text[-1] in "\r\n"
    header, rows = [name.strip() for name in rows[0]], rows[1:]
    if not ended and (not rows or len(rows[-1]) != len(header)):
        return "refused"
    answer = []
    for row in rows:
        if len(row) != len(header):
            answer.append("ragged")
        elif all(not cell.strip() for cell in row):
            continue
        elif any(is_control(character) for cell in row for character in cell):
            answer.append("control")
        else:
            answer.append([cell.strip() for cell in row])
    return {"header": header, "rows": answer}


PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def read_xml(data):
    try:
        root = etree.fromstring(data, PARSER)
    except etree.XMLSyntaxError:
        return "error"
    if root.getroottree().docinfo.doctype:
        return "refused"
    answer = []
    walk(root, 1, answer)
    return answer


def walk(element, depth, answer):
    """Elements in the order in which they close: name, depth and text; "flaw" where the text cannot be trusted."""
    text = element.text or ""
    leaf = True
    for child in element:
        if isinstance(child.tag, str):
            leaf = False
            walk(child, depth + 1, answer)
        text += child.tail or ""
    name = etree.QName(element).localname
    bad = any((is_control(c) and ord(c) >= 0x7F) or c == "\ufffd" for c in text)
    if bad or (not leaf and text.strip()):
        answer.append([name, depth, "flaw"])
    else:
        answer.append([name, depth, text.strip() if leaf else ""])


def main():
    for line in sys.stdin:
        file = json.loads(line)
        data = bytes.fromhex(file["hex"])
        answer = read_csv(data) if file["format"] == "csv" else read_xml(data)
        print(json.dumps(answer))


if __name__ == "__main__":
    main()

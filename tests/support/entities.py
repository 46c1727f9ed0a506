"""Reads documents that ask for files and addresses, in a process of its own, and tells what it was led to.

python entities.py FILE ADDRESS: for each document [reason, files opened, connections made, CPU milliseconds].
"""

import json
import sys
import time
from collections.abc import Callable

from adapters.brokerages.ibkr import statement
from adapters.files import ofx_tree
from domain.errors import Failure

WATCHED = {"open", "socket.connect", "socket.getaddrinfo"}
LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "ha ha ha ha">' for n in range(10)
)
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
OFX = '<?OFX OFXHEADER="200" VERSION="220"?>\n'
BODY = "<SIGNONMSGSRSV1><SONRS>&l9;</SONRS></SIGNONMSGSRSV1>"
FLEX = '<FlexQueryResponse><FlexStatements count="0">&l9;</FlexStatements></FlexQueryResponse>'
SGML = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"


def documents(file: str, address: str) -> dict[str, tuple[Callable[[bytes], object], str]]:
    asked = {
        "bomb": f"<!DOCTYPE OFX [{LAUGHS}]>",
        "file": f'<!DOCTYPE OFX [<!ENTITY l9 SYSTEM "file://{file}">]>',
        "address": f'<!DOCTYPE OFX [<!ENTITY l9 SYSTEM "{address}/entity">]>',
        "parameter": f'<!DOCTYPE OFX [<!ENTITY % p SYSTEM "{address}/parameter"> %p;]>',
        "type": f'<!DOCTYPE OFX SYSTEM "{address}/type.dtd">',
    }
    found: dict[str, tuple[Callable[[bytes], object], str]] = {}
    for name, head in asked.items():
        flex = head.replace("DOCTYPE OFX", "DOCTYPE FlexQueryResponse")
        found[f"OFX 2, {name}"] = (ofx_tree.document, f"{XML}{OFX}{head}\n<OFX>{BODY}</OFX>")
        # Before its first element nothing of this family is looked at.
        found[f"OFX 1, {name}"] = (ofx_tree.document, f"{SGML}<OFX>{head}{BODY}</OFX>")
        found[f"Flex, {name}"] = (statement.document, f"{XML}{flex}\n{FLEX}")
    return found


def main(file: str, address: str) -> dict[str, list[object]]:
    seen: list[str] = []
    ofx_tree.document(f"{SGML}<OFX><A><B>1</A></OFX>".encode())  # so that Python has its codecs

    def see(event: str, _: object) -> None:
        if event in WATCHED:
            seen.append(event)

    sys.addaudithook(see)
    told: dict[str, list[object]] = {}
    for name, (read, text) in documents(file, address).items():
        seen.clear()
        began, reason = time.process_time(), "none"
        try:
            read(text.encode())
        except Failure as failure:
            reason = failure.reason
        spent = (time.process_time() - began) * 1000
        told[name] = [reason, seen.count("open"), len(seen) - seen.count("open"), round(spent, 1)]
    return told


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))

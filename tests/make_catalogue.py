"""Write tests/fixtures/catalogue.json anew from the real registry: run it as a script.

Thumbnails are cut to 60 points, to keep the file small.
"""

from pathlib import Path

from engine.link.catalogue import catalogue

TARGET = Path(__file__).parent / "fixtures" / "catalogue.json"


def main() -> None:
    found = catalogue()
    short = [
        entry.model_copy(
            update={
                "thumbnail": entry.thumbnail[:120],
                "thumbnail_labels": entry.thumbnail_labels[:60],
            }
        )
        for entry in found.data
    ]
    text = found.model_copy(update={"data": short}).model_dump_json()
    TARGET.write_text(text + "\n")


if __name__ == "__main__":
    main()

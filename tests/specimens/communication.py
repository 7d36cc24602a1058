"""Specimens of notices and letters."""

from datetime import timedelta
from typing import Any

from auth.rights import Right
from models.communication.mail import (
    MailAttachment,
    MailCopy,
    MailFolder,
    MailMessage,
    MailRecipient,
    MailRole,
)
from models.communication.notices import (
    Notice,
    NoticeAttachment,
    NoticeReceipt,
    NoticeTarget,
    NoticeVersion,
    TargetKind,
)
from tests.specimens.declaring import (
    ALL,
    CLASS,
    NOTHING,
    SCHOOL,
    SECTION,
    SELF,
    Sees,
    Shown,
    Specimens,
    as_its,
    as_one,
    hold,
    show,
    split_names,
)
from tests.specimens.stories import LATER, NOW, PUPIL_NAMES, STAFF_NAMES

EVERYBODY = {"to_students": True, "to_guardians": True, "to_staff": True}
PUPILS_ONLY, FAMILIES_ONLY, STAFF_ONLY = ({name: True} for name in EVERYBODY)
TO_SCHOOL = {"kind": TargetKind.SCHOOL}
TO_7A = {"kind": TargetKind.SCHOOL_CLASS, "school_class": "7A"}
TO_7B = {"kind": TargetKind.SCHOOL_CLASS, "school_class": "7B"}
TO_ALGEBRA = {"kind": TargetKind.SECTION, "section": "algebra 7A"}
TO_GRADE = {"kind": TargetKind.GRADE_LEVEL, "grade_level": 7}

INFORMED = "mother, uncle, godmother, dad, ba, orlova at home, mum, tanya, zhanna, galya"
OF_MASHA = "mother, uncle, godmother"
AT_WORK = f"{STAFF_NAMES}, anna of grade 7, boris of 8A"
AT_7A = "belova, boris, rosina, klimova, anna of grade 7"
BY_DIRECTOR = {"author": "director"}

NOTICES: dict[str, tuple[dict[str, Any], dict[str, dict[str, Any]], str]] = {
    "to all": (
        BY_DIRECTOR, {"all": TO_SCHOOL | EVERYBODY}, f"{PUPIL_NAMES}, {INFORMED}, {AT_WORK}",
    ),
    "to pupils": (BY_DIRECTOR, {"all": TO_SCHOOL | PUPILS_ONLY}, PUPIL_NAMES),
    "to families": (BY_DIRECTOR, {"all": TO_SCHOOL | FAMILIES_ONLY}, INFORMED),
    "to staff": (BY_DIRECTOR, {"all": TO_SCHOOL | STAFF_ONLY}, AT_WORK),
    "to grade 7": (
        BY_DIRECTOR, {"grade": TO_GRADE | EVERYBODY},
        f"masha, pasha, bella, {OF_MASHA}, dad, ba, {AT_7A}, gusev, kim",
    ),
    "to pupils of 7A": (BY_DIRECTOR, {"7A": TO_7A | PUPILS_ONLY}, "masha"),
    "to families of 7A": (BY_DIRECTOR, {"7A": TO_7A | FAMILIES_ONLY}, OF_MASHA),
    "to staff of 7A": (BY_DIRECTOR, {"7A": TO_7A | STAFF_ONLY}, AT_7A),
    "to algebra": (
        BY_DIRECTOR, {"algebra": TO_ALGEBRA | EVERYBODY}, f"masha, {OF_MASHA}, belova, boris",
    ),
    "to two": (
        BY_DIRECTOR,
        {
            "mother": {"kind": TargetKind.PERSON, "person": "mother"},
            "gusev": {"kind": TargetKind.PERSON, "person": "gusev"},
            "7A": TO_7A | PUPILS_ONLY,
        },
        "masha, mother, gusev",
    ),
    "to one": (
        BY_DIRECTOR, {"gusev": {"kind": TargetKind.PERSON, "person": "gusev"}}, "gusev",
    ),
    "until now": (BY_DIRECTOR | {"visible_until": NOW}, {"all": TO_SCHOOL | EVERYBODY}, ""),
    "until tomorrow": (
        BY_DIRECTOR | {"visible_until": LATER}, {"all": TO_SCHOOL | PUPILS_ONLY}, PUPIL_NAMES,
    ),
    "from now": (
        BY_DIRECTOR | {"visible_from": NOW}, {"all": TO_SCHOOL | PUPILS_ONLY}, PUPIL_NAMES,
    ),
    "from tomorrow": (BY_DIRECTOR | {"visible_from": LATER}, {"all": TO_SCHOOL | EVERYBODY}, ""),
    "withdrawn": (BY_DIRECTOR | {"withdrawn_at": NOW}, {"all": TO_SCHOOL | EVERYBODY}, ""),
    "klimova": ({"author": "klimova"}, {"7A": TO_7A | PUPILS_ONLY}, "masha, klimova"),
    "klimova to algebra": (
        {"author": "klimova"}, {"algebra": TO_ALGEBRA | PUPILS_ONLY}, "masha, klimova",
    ),
    "klimova to staff": (
        {"author": "klimova"}, {"7A": TO_7A | STAFF_ONLY}, f"klimova, {AT_7A}",
    ),
    "klimova to more": (
        {"author": "klimova"}, {"7A": TO_7A | PUPILS_ONLY, "7B": TO_7B | PUPILS_ONLY},
        "masha, pasha, bella, klimova",
    ),
    "zueva": ({"author": "zueva"}, {"7A": TO_7A | PUPILS_ONLY}, "masha, zueva"),
    "belova": ({"author": "belova"}, {"algebra": TO_ALGEBRA | PUPILS_ONLY}, "masha, belova"),
    "belova to staff": (
        {"author": "belova"}, {"algebra": TO_ALGEBRA | STAFF_ONLY}, "belova, boris",
    ),
    "safonova": (
        {"author": "safonova"}, {"algebra": TO_ALGEBRA | PUPILS_ONLY}, "masha, safonova",
    ),
}  # fmt: skip
"""For each notice, its state, its audience, and its readers: those it is addressed to while it is
published, and its author."""
READ_BY = {name: split_names(readers) for name, (_, _, readers) in NOTICES.items()}
WRITTEN_BY = {name: how["author"] for name, (how, _, _) in NOTICES.items()}

BOARD = Shown(
    lambda viewer, name, row: viewer in READ_BY[name] or viewer == WRITTEN_BY[name]
)  # fmt: skip
AUTHORED = Shown(lambda viewer, name, row: viewer == WRITTEN_BY[name])
OF_KLIMOVA, OF_BELOVA = "klimova, klimova to algebra", "belova"
TO_FAMILIES, READS_ALL = Right.NOTICES_ADDRESS_FAMILIES, (Right.NOTICES_READ, SCHOOL)
DIRECTORS = ", ".join(name for name, author in WRITTEN_BY.items() if author == "director")
EACH_OWN = show({
    "director": DIRECTORS, "klimova": "klimova*", "zueva": "zueva", "belova": "belova*",
    "safonova": "safonova",
})  # fmt: skip
FOR_STAFF = show({"director": "to staff, to staff of 7A", "klimova": "klimova to staff",
                   "belova": "belova to staff"})  # fmt: skip

BOARD_OF = Specimens(
    Notice,
    {name: {"visible_from": NOW - timedelta(days=20), "edited_at": NOW, **how}
     for name, (how, _, _) in NOTICES.items()},
    {
        Right.NOTICES_READ: {SELF: BOARD, SCHOOL: ALL},
        # Those who may not write to families may edit only notices for staff.
        Right.NOTICES_PUBLISH: {SECTION: NOTHING, CLASS: NOTHING, SCHOOL: FOR_STAFF},
        hold(Right.NOTICES_PUBLISH, (TO_FAMILIES, SECTION)): {
            SECTION: show({"belova": OF_BELOVA}), CLASS: NOTHING,
            SCHOOL: FOR_STAFF | show({"belova": OF_BELOVA}),
        },
        hold(Right.NOTICES_PUBLISH, (TO_FAMILIES, CLASS)): {
            SECTION: NOTHING, CLASS: show({"klimova": OF_KLIMOVA}),
            SCHOOL: FOR_STAFF | show({"klimova": OF_KLIMOVA}),
        },
        hold(Right.NOTICES_PUBLISH, (TO_FAMILIES, SCHOOL)): {
            SECTION: show({"belova": OF_BELOVA}), CLASS: show({"klimova": OF_KLIMOVA}),
            SCHOOL: EACH_OWN,
        },
        hold(Right.NOTICES_PUBLISH, READS_ALL): {
            SECTION: NOTHING, CLASS: NOTHING, SCHOOL: ALL,
        },
    },
)  # fmt: skip
NAMED = "to two: mother, to two: gusev, to one: gusev"
TARGETS = {
    f"{name}: {target}": {"notice": name, **how}
    for name, (_, targets, _) in NOTICES.items()
    for target, how in targets.items()
}
Specimens(
    NoticeTarget,
    TARGETS,
    {
        Right.NOTICES_READ: {
            # Others who are addressed by name are not shown.
            SELF: as_one("notice", BOARD_OF, BOARD).hide(NAMED)
            | show({
                "mother": "to two: mother",
                "gusev": "to two: gusev, to one: gusev",
                "director": NAMED,
            }),
            SCHOOL: ALL,
        }
    },
)  # fmt: skip
OF_EACH = {name: {"notice": name} for name in NOTICES}
Specimens(
    NoticeVersion,
    {name: {**row, "editor": "director"} for name, row in OF_EACH.items()},
    {Right.NOTICES_READ: {SELF: AUTHORED, SCHOOL: ALL}},
)
Specimens(
    NoticeAttachment,
    {name: {**row, "file": "belova's"} for name, row in OF_EACH.items()},
    {Right.NOTICES_READ: as_its("notice", BOARD_OF)},
)
OWN_RECEIPTS = show({"masha": "masha: *", "belova": "belova: *"})
OF_THEIRS = Shown(lambda viewer, name, row: EACH_OWN.tells(viewer, row["notice"], row))
PUBLISHES = (Right.NOTICES_PUBLISH, CLASS)
Specimens(
    NoticeReceipt,
    {
        f"{reader}: {name}": {"notice": name, "person": reader, "acknowledged_at": NOW}
        for name in NOTICES
        for reader in ("masha", "belova")
    },
    {
        Right.NOTICES_READ: {SELF: OWN_RECEIPTS, SCHOOL: ALL},
        hold(Right.NOTICES_READ, PUBLISHES, (TO_FAMILIES, CLASS)): {
            SELF: OWN_RECEIPTS | show({"klimova": "*: klimova, *: klimova to algebra"}),
            SCHOOL: ALL,
        },
        hold(Right.NOTICES_READ, (Right.NOTICES_PUBLISH, SCHOOL), (TO_FAMILIES, SCHOOL)): {
            SELF: OWN_RECEIPTS | OF_THEIRS,
            SCHOOL: ALL,
        },
    },
)

LETTERS: dict[str, dict[str, Any]] = {
    "belova to masha's": {"sender": "belova", "shows_recipients": True},
    "belova in turn": {
        "sender": "belova", "thread": "belova to masha's", "reply_to": "belova to masha's",
    },
    "draft": {"sender": "mother", "sent_at": None},
}  # fmt: skip
COPIES = {
    "belova to masha's: from": ("belova", MailRole.FROM, MailFolder.SENT),
    "belova to masha's: mother": ("mother", MailRole.TO, MailFolder.INBOX),
    "belova to masha's: masha": ("masha", MailRole.CC, MailFolder.INBOX),
    "belova to masha's: director": ("director", MailRole.BCC, MailFolder.INBOX),
    "belova to masha's: secretary": ("secretary", MailRole.BCC, MailFolder.TRASH),
    "belova in turn: from": ("belova", MailRole.FROM, MailFolder.SENT),
    "belova in turn: mother": ("mother", MailRole.TO, MailFolder.INBOX),
    "belova in turn: dad": ("dad", MailRole.TO, MailFolder.INBOX),
    "draft: from": ("mother", MailRole.FROM, MailFolder.DRAFTS),
    "draft: belova": ("belova", MailRole.TO, None),
}
"""The holders of copies of each letter, their roles and folders; none if it is not sent yet."""
WAS_SENT = "belova to masha's: from, belova to masha's: mother, belova to masha's: masha"
READING: Sees = {
    SELF: show({
        "belova": "belova to masha's, belova in turn",
        "mother": "*",
        "masha, director, secretary": "belova to masha's",
        "dad": "belova in turn",
    })
}  # fmt: skip
HELD = {SELF: Shown(lambda who, name, row: row["person"] == who and row["folder"] is not None)}
LETTER = Specimens(
    MailMessage,
    {name: {"sent_at": NOW, **how} for name, how in LETTERS.items()},
    {Right.MAIL_USE: READING},
)
Specimens(
    MailCopy,
    {
        name: {"message": name.split(": ")[0], "person": person, "role": role, "folder": folder,
               "read_at": NOW}
        for name, (person, role, folder) in COPIES.items()
    },
    {Right.MAIL_USE: HELD},
)  # fmt: skip
Specimens(
    MailRecipient,
    {name: {} for name in COPIES},
    {
        Right.MAIL_USE: {
            SELF: show({
                "belova": "belova to masha's: *, belova in turn: *",
                "mother": f"{WAS_SENT}, belova in turn: from, belova in turn: mother, draft: *",
                "masha": WAS_SENT,
                "director": f"{WAS_SENT}, belova to masha's: director",
                "secretary": f"{WAS_SENT}, belova to masha's: secretary",
                "dad": "belova in turn: from, belova in turn: dad",
            })
        }
    },
    table_of=MailCopy,
)  # fmt: skip
Specimens(
    MailAttachment,
    {name: {"message": name, "file": "belova's"} for name in LETTERS},
    {Right.MAIL_USE: as_its("message", LETTER)},
)

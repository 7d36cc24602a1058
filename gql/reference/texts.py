"""The words of the pages around what the schema says, in Russian and in English."""

from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "other_language": "English",
        "files_title": "Файлы схемы",
        "files_lead": "Файлы для программ. Все сделаны из одной схемы и отдаются с ETag.",
        "file": "Файл",
        "purpose": "Назначение",
        "size": "Размер",
        "reference": "Справочник",
        "console": "Консоль GraphiQL",
        "bytes": "байт",
        "sign_in_title": "Сначала войдите",
        "sign_in_lead": "Справочник и файлы схемы открыты тем, кто вошёл в систему.",
        "sign_in_way": "Войдите в консоли GraphiQL, затем откройте эту страницу в той же вкладке.",
        "sign_in_program": "Программа присылает ключ доступа в заголовке Authorization: Bearer.",
        "sign_in_offline": "Без сервера их делают gorod docs build и gorod schema build.",
    },
    "en": {
        "other_language": "Русский",
        "files_title": "Files of the schema",
        "files_lead": "Files for programs. All are made from one schema and sent with an ETag.",
        "file": "File",
        "purpose": "Purpose",
        "size": "Size",
        "reference": "Reference",
        "console": "GraphiQL console",
        "bytes": "bytes",
        "sign_in_title": "Sign in first",
        "sign_in_lead": "The reference and the files of the schema are open to who has signed in.",
        "sign_in_way": "Sign in in the GraphiQL console, then open this page in the same tab.",
        "sign_in_program": "A program sends its access token in the header Authorization: Bearer.",
        "sign_in_offline": "Without a server, gorod docs build and gorod schema build make them.",
    },
}

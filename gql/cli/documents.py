"""`gorod documents`: the documents that clients may run by their hash alone."""

from pathlib import Path
from typing import Annotated

import typer

from gql.cli.backend import ensure_usable, read_settings, run, use_database
from gql.cli.console import (
    Json,
    Yes,
    amount,
    fail,
    insist,
    make_console,
    make_table,
    print_json,
    say,
    show_count,
)
from gql.cli.document_lines import (
    COLUMNS,
    cache_of,
    check_client,
    choose_documents,
    conclude,
    find_registered,
    line_of,
    show_faults,
    tell_added,
    tell_ended,
    write_csv,
)

app = typer.Typer(
    help="Trusted documents, which clients may run by their hash.", no_args_is_help=True
)

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="Manifests of GraphQL Code Generator, Relay or Apollo, or files .graphql.",
        exists=True,
        dir_okay=False,
    ),
]
Named = Annotated[
    list[str] | None,
    typer.Argument(metavar="[DOCUMENT]...", help="SHA-256 of documents, or ids of clients."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]
CLIENT = "A name of letters, digits and - . _ ~ for the client whose documents these are."


@app.command()
def add(
    files: Files,
    client: Annotated[str | None, typer.Option(help=CLIENT)] = None,
    dry_run: DryRun = False,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Register the others where some are refused.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Register documents. All of them are registered, or none; registered ones stay.

    Each must be valid and within the limits of this server. Clients ask for a document by
    `documentId`, or by `persistedQuery` in `extensions`: by its SHA-256, or by the id that its
    manifest gives it.
    """
    from gql.trusted.judging import judge
    from gql.trusted.manifests import read_manifests
    from resolvers.trusted.documents import RegisteredDocument, register

    check_client(client)
    entries = read_manifests(files)
    current = read_settings()
    cache = cache_of(current)
    judged = judge(cache.documents, show_count("Reading documents", entries))
    good = [one for one in judged if not one.faults]
    made = [RegisteredDocument(d.hash, d.text, d.operations, frozenset(d.ids)) for d in good]
    refused = len(good) < len(judged)
    with use_database(current) as target:
        run(ensure_usable(current, target))
        found = run(
            register(
                target.owner,
                made,
                client=client,
                dry_run=dry_run or (refused and not leave_out),
                leave_out=leave_out,
            )
        )
    for one in good:
        one.faults += [
            f"its id {name!r} stands for the document {holder}: retire that first"
            for name, holder in found.taken.get(one.hash, {}).items()
        ]
    written = dry_run or leave_out or not any(one.faults for one in judged)
    changes = {key: change.value for key, change in found.changes.items()} if written else {}
    tell_added(cache, judged, changes, as_json)
    conclude(judged, dry_run=dry_run, leave_out=leave_out, as_json=as_json)


@app.command("list")
def show(
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write the list to this CSV file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show all documents that are registered, and how each role is answered.

    `compiled` is the quickest, then `mixed`, then `standard`; `invalid` ones are refused when
    they are asked for: `gorod documents check` says why.
    """
    current = read_settings()
    known, cache = find_registered(current), cache_of(current)
    lines = [line_of(cache, one) for one in show_count("Making plans", known)]
    if csv_file:
        write_csv(csv_file, lines)
    if as_json:
        ends = ("registered_at", "retired_at")
        print_json(
            [
                {
                    **line,
                    "operations": list(one.operations),
                    "ids": sorted(one.ids),
                    "clients": list(one.clients),
                    "text": one.text,
                    **{name: getattr(one, name) for name in ends},
                }
                for one, line in zip(known, lines, strict=True)
            ]
        )
    elif not known:
        say("No documents are registered: `gorod documents add FILE` registers some.")
    elif not csv_file:
        make_console().print(make_table(COLUMNS, [list(line.values()) for line in lines]))


@app.command()
def retire(
    documents: Named = None,
    client: Annotated[
        str | None, typer.Option(help="All documents of this client, and of no other.")
    ] = None,
    keep: Annotated[
        list[Path] | None,
        typer.Option(help="Except those in this manifest.", exists=True, dir_okay=False),
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Answer documents no more. They stay in the list; `add` registers them again."""
    from gql.trusted.manifests import read_manifests
    from resolvers.trusted.documents import retire as end

    if not documents and client is None:
        raise typer.BadParameter("name documents, or say --client")
    current = read_settings()
    known = find_registered(current)
    kept = {entry.hash for entry in read_manifests(keep or ())}
    named = choose_documents(known, documents) if documents else {one.hash for one in known}
    with use_database(current) as target:
        ended = run(end(target.owner, named - kept, client=client, dry_run=dry_run))
    tell_ended(ended, "would be retired" if dry_run else "retired", as_json=as_json)


@app.command()
def remove(documents: Named = None, yes: Yes = False, as_json: Json = False) -> None:
    """Delete documents for good, with their ids and the time they were registered."""
    from resolvers.trusted.documents import remove as forget

    if not documents:
        raise typer.BadParameter("name documents")
    current = read_settings()
    known = find_registered(current)
    named = choose_documents(known, documents)
    insist(yes, f"Clients that ask for {amount(len(named), 'document')} will be refused.")
    with use_database(current) as target:
        gone = run(forget(target.owner, named))
    tell_ended([one for one in known if one.hash in gone], "removed", as_json=as_json)


@app.command()
def check(
    schema: Annotated[
        Path | None,
        typer.Option(help="Another schema (SDL) than that of this server.", dir_okay=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say which registered documents a schema breaks; fails if there are any.

    Without --schema, the limits of this server are checked, too.
    """
    from gql.trusted.judging import find_faults, parse_schema, read_document
    from gql.trusted.manifests import read_text

    current = read_settings()
    known = [one for one in find_registered(current) if not one.retired_at]
    if schema:
        other = parse_schema(read_text(schema), str(schema))
        faults = [find_faults(other, one.text) for one in show_count("Checking", known)]
    else:
        documents = cache_of(current).documents
        faults = [read_document(documents, one.text)[1] for one in show_count("Checking", known)]
    broken = [(one, told) for one, told in zip(known, faults, strict=True) if told]
    if as_json:
        print_json(
            [
                {
                    "document": one.hash,
                    "operations": list(one.operations),
                    "clients": list(one.clients),
                    "errors": told,
                }
                for one, told in broken
            ]
        )
    else:
        for one, told in broken:
            show_faults(one.hash, one.operations, one.clients, told)
    if broken:
        fail(f"Broken: {len(broken)} of {amount(len(known), 'document')}.")
    if not as_json:
        say(f"Valid: {amount(len(known), 'document')}.")

"""The thresholds of Gorod, and whether it reaches them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.asks import QUERIES, READS
from bench.results import Results
from bench.rounds import Measure
from bench.servers import BEFORE, PEERS

Figures = Mapping[str, float]
"""The figures by query; the worst decides."""
OURS = "engine"
NODE = [peer.name for peer in PEERS.values() if peer.is_node]


@dataclass(frozen=True)
class Threshold:
    """One line of the table.

    at_least: Whether more is better.
    shown: The format of a figure.
    is_optional: Whether it is left out of the report when it is not measured.
    """

    title: str
    must: float
    aim: float
    figures: Callable[[Results], Figures]
    at_least: bool = True
    shown: str = "{:.2f}"
    is_optional: bool = False

    def is_shown(self, results: Results) -> bool:
        return not self.is_optional or bool(self.figures(results))

    def met(self, figure: float, bound: float) -> bool:
        return figure >= bound if self.at_least else figure <= bound

    def line(self, results: Results) -> tuple[str, str, str, str, str]:
        """Return title, must, aim, measured, verdict."""
        sign, found = "≥" if self.at_least else "≤", self.figures(results)
        must, aim = (f"{sign} {self.shown.format(bound)}" for bound in (self.must, self.aim))
        told = " · ".join(f"{name} {self.shown.format(value)}" for name, value in found.items())
        if not found:
            verdict = "not measured"
        elif all(self.met(value, self.aim) for value in found.values()):
            verdict = "pass, aim met"
        elif all(self.met(value, self.must) for value in found.values()):
            verdict = "pass"
        else:
            verdict = "**miss**"
        return self.title, must, aim, told or "—", verdict


def against(queries: str, *others: str) -> Callable[[Results], Figures]:
    """Return the function of throughput as a multiple of the best of the others."""

    def figures(results: Results) -> Figures:
        found = {}
        for query in queries.split():
            ours = results.find(query, OURS)
            theirs = [one.per_second for peer in others if (one := results.find(query, peer))]
            if ours and theirs:
                found[query] = ours.per_second / max(theirs)
        return found

    return figures


def against_before(results: Results) -> Figures:
    """Return the throughput as a multiple of that of the commit before: the median of the rounds,
    in each of which the two are measured one after the other."""
    found = ((query, results.find_ratio(query, OURS, BEFORE)) for query in QUERIES)
    return {query: ratio for query, ratio in found if ratio is not None}


def cpu_against_node(results: Results) -> Figures:
    """Return the server CPU as a part of that of the best Node server."""
    found = {}
    for query in READS:
        ours = results.find(query, OURS)
        theirs = [one.server_cpu for peer in NODE if (one := results.find(query, peer))]
        if ours and theirs:
            found[query] = ours.server_cpu / min(theirs)
    return found


def statements(results: Results) -> Figures:
    return {
        query if schools == 1 else f"{query} of {schools} schools": number
        for (schools, peer, query), number in sorted(results.statements.items())
        if peer == OURS and query in READS
    }


def spread(results: Results) -> Figures:
    measured = {query: results.find(query, OURS) for query in QUERIES}
    return {query: one.p99 / one.p50 for query, one in measured.items() if one}


def growth(results: Results) -> Figures:
    """Return the growth of latency with the number of schools, with one client if measured."""
    clients = min((one.clients for one in results.measures), default=1)

    def p50(query: str, schools: int) -> Measure | None:
        return results.find(query, OURS, schools=schools, clients=clients)

    pairs = {query: (p50(query, 20), p50(query, 1)) for query in ("Q1", "Q2")}
    return {query: many.p50 / one.p50 for query, (many, one) in pairs.items() if many and one}


def rights(results: Results) -> Figures:
    """Return the time of an answer with rights as a multiple of the time without."""
    pairs = {q: (results.find(q, "open"), results.find(q, OURS)) for q in ("Q1", "Q2")}
    return {
        query: without.per_second / ours.per_second
        for query, (without, ours) in pairs.items()
        if without and ours
    }


def find_compiled(results: Results) -> Figures:
    plans = results.inside.plans.values()
    return {"": 100 * sum(p == "compiled" for p in plans) / len(plans)} if plans else {}


def cold(results: Results) -> Figures:
    return {} if results.inside.cold is None else {"Q2": results.inside.cold}


THRESHOLDS = (
    Threshold("Throughput against the commit before, c = 16",
              0.95, 1.0, against_before, is_optional=True),
    Threshold("Throughput against the limit (json_build_object, asyncpg's pool), c = 16",
              1.0, 1.5, against("Q1 Q2 Q3 Q5", "limit")),
    Threshold("Throughput against the strongest hand-written endpoint (text, no reset)",
              0.8, 1.0, against("Q1 Q2 Q3 Q5", "limit_best")),
    Threshold("Throughput against the best warmed Node peer", 2.5, 4.0, against("Q1 Q2 Q5", *NODE)),
    Threshold("The same", 2.0, 4.0, against("Q3 Q4", *NODE)),
    Threshold("Server CPU a request against the thriftiest Node peer",
              1 / 4, 1 / 6, cpu_against_node, at_least=False),
    Threshold("Throughput against our own standard executor",
              25, 50, against("Q1 Q2", "standard"), shown="{:.0f}"),
    Threshold("M1 against Apollo's M1", 2.0, 3.0, against("M1", "apollo")),
    Threshold("M2 and M3 against the best Node peer", 1.0, 1.5, against("M2 M3", *NODE)),
    Threshold("SQL statements a read operation, the session cached",
              1, 1, statements, at_least=False, shown="{:g}"),
    Threshold("Python calls a cached request",
              150, 80, lambda results: results.inside.calls, at_least=False, shown="{:.0f}"),
    Threshold("p99 / p50 at c = 16", 4.0, 2.5, spread, at_least=False),
    Threshold("20 schools against 1: p50", 1.25, 1.1, growth, at_least=False),
    Threshold("Rights and RLS on against off, c = 16", 1.15, 1.05, rights, at_least=False),
    Threshold("Compiling a new operation of the size of Q2, ms of CPU",
              10, 4, cold, at_least=False, shown="{:.1f}"),
    Threshold("Share of the README's and the examples' operations that compile, %",
              100, 100, find_compiled, shown="{:.0f}"),
)  # fmt: skip

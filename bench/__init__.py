"""How fast Gorod answers, beside the servers one would take instead: `make bench`.

Not a part of the product. `data` makes schools, `asks` draws requests from them, `servers` starts
each peer, `loader` asks, `rounds` measures, `report` writes RESULTS.md.
"""

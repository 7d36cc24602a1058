"""The benchmark: the speed of Gorod beside other servers, by `make bench`.

It is no part of the product. `data` makes schools, `asks` draws requests from them, `servers`
starts each peer, `loader` sends requests, `rounds` measures, `report` writes RESULTS.md.
"""

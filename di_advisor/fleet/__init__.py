"""Many taxpayers: accounts stream in, proposals stream out; joint size, blocks of orders, a desk that sees all of them.

>>> from di_advisor import fleet, sample
>>> world = sample.load()  # doctest: +SKIP
>>> run = fleet.propose(fleet.SampleFleet(world, 12), fleet.sample_facts_of(world), into="tonight")  # doctest: +SKIP
"""

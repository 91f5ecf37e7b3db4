"""`hotline rehearse`: a day of contacts against the real processes, while each of them is killed, and the books afterwards.

`day` says who texts and calls, `blows` what is killed and when; both are drawn from a seed. `stage` runs the processes, `town` the
citizens, `desk` the volunteers, `adversary` deals the blows, `balance` compares what everybody was told (`told`) with what is there. `show`
does it all. It stands below `cli` because it starts processes as `hotline run` does, with its Redis and its guard.
"""

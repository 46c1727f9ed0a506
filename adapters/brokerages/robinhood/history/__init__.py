"""Robinhood's history into our transactions: twelve lists, each with rows of its own. Pure.

asking    how a list is asked for, and when enough pages have been read
trades    orders for shares, options and coins: a transaction for each execution
events    what becomes of options, with the shares that move, and splits
cash      dividends, interest, bank transfers, fees
standing  what all of these share: keys, states, directions, cents

Signs: orders are unsigned, their `side` tells; cash rows are unsigned, their `direction` or the list they
stand in tells. `fees` of an order are the order's, once: its first execution carries them. Days are
New York's. Amounts are dollars.
"""

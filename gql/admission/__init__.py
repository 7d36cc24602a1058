"""Admission: whether an operation may run now whose document is within the limits.

Each operation is paid for from budgets of points (`budget`), then takes a place among those that
run (`gate`). `admission` puts the two together; transports ask it before they execute anything.
"""

"""Admission: whether an operation within the limits may run now.

Budgets of points pay for each operation (`budget`); then it takes a place among those that run
(`gate`). `admission` joins the two; transports call it before they execute an operation.
"""

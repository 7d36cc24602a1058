"""Use cases of the room `timetable`."""

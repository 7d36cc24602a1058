"""The timetable."""

import strawberry

from gql.bridge import mutation
from resolvers.timetable import restoring, scheduling


@strawberry.type
class Mutation:
    schedule_lesson = mutation(scheduling.schedule_lesson)
    move_lesson = mutation(scheduling.move_lesson)
    cancel_lesson = mutation(scheduling.cancel_lesson)
    restore_lesson = mutation(restoring.restore_lesson)

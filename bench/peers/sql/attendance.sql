-- Attendance of students in lessons; parameters as in marks.sql.
SELECT a.lesson_id, a.student_id, a.code
FROM unnest($5::bigint[], $6::bigint[]) AS k (lesson_id, student_id)
JOIN attendance_records a
    ON a.school_id = $1 AND a.lesson_id = k.lesson_id AND a.student_id = k.student_id
WHERE $2::boolean OR a.section_id = ANY($3::bigint[]) OR a.student_id = ANY($4::bigint[])

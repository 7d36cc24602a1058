-- Their names; nothing if there is not both. $1 school, $2 class, $3 term.
SELECT c.grade_level || c.letter AS class_name, t.name AS term_name
FROM school_classes c, terms t
WHERE c.school_id = $1 AND c.id = $2 AND t.school_id = $1 AND t.id = $3

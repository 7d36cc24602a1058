SELECT short_name, time_zone FROM schools WHERE id = $1

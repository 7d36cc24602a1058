"""The pages at `/docs/`: the schema by room and by role, in Russian and English, for screens, paper
and disks without a server."""

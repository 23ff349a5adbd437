"""Nothing is lost when things die: the servers and the database are killed while clients call, pay and hang up."""

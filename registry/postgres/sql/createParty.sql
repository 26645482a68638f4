INSERT INTO parties (id) VALUES ($1);

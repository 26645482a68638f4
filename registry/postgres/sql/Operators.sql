SELECT name, der, operators.created_at FROM operators JOIN certificates USING (fingerprint) ORDER BY name;

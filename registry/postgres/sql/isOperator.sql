SELECT EXISTS (SELECT FROM operators WHERE fingerprint = $1);

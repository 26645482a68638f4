DELETE FROM password_resets WHERE party = $1;

SELECT EXISTS (SELECT FROM password_resets WHERE party = $1 AND for_staff AND expires_at > clock_timestamp());

SELECT party FROM password_resets WHERE token = $1 AND expires_at > clock_timestamp();

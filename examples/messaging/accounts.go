package messaging

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/examples/internal/app"
	"github.com/schemactl/schemactl/models"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/stream"
)

type newAccount struct {
	DisplayName  string  `json:"display_name"`
	Email        *string `json:"email"`
	BalanceMinor int64   `json:"balance_minor"`
}

type created struct {
	ID int64 `json:"id"`
}

// openAccount makes an account and announces its first state.
func (h handlers) openAccount(r *http.Request, in newAccount) (created, error) {
	if in.DisplayName == "" {
		return created{}, fmt.Errorf("%w: display_name is empty", app.ErrInput)
	}
	account := models.Account{
		DisplayName: in.DisplayName, Email: in.Email, Status: models.AccountActive,
		BalanceMinor: in.BalanceMinor, Currency: "EUR", Version: 1,
	}
	err := h.DB.WithContext(r.Context()).Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(&account).Error; err != nil {
			return err
		}
		return outbox.Publish(tx, app.AccountState(&account))
	})
	return created{account.ID}, err
}

// accountState keeps the copy of an account. A state that is older than the copy
// changes nothing, so replaying the topic is harmless.
func (h handlers) accountState(ctx context.Context, m stream.Message[events.AccountState]) error {
	return h.Once(ctx, m.ID, func(tx *gorm.DB) error {
		row := AccountCopy{
			AccountID: m.Event.AccountID, Version: m.Event.Version, DisplayName: m.Event.DisplayName,
			Status: strings.ToLower(m.Event.Status.String()), BalanceMinor: app.Minor(m.Event.Balance),
		}
		newer := clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "version < ?", Vars: []any{row.Version}}}}
		res := tx.Model(&row).Where("account_id = ?", row.AccountID).Clauses(newer).
			Updates(map[string]any{"version": row.Version, "display_name": row.DisplayName, "status": row.Status, "balance_minor": row.BalanceMinor})
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error; err != nil {
				return err
			}
		}
		return journal(tx, m.ID, m.Event.AvroSchema().Name())
	})
}

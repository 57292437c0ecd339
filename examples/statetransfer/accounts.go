package statetransfer

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/examples/internal/app"
	"github.com/schemactl/schemactl/models"
	"github.com/schemactl/schemactl/outbox"
)

// Config says where an application finds what it needs.
type Config = app.Config

// RunAccounts runs the source until ctx ends: POST /accounts makes an account,
// POST /accounts/{id} renames it, DELETE deletes it.
func RunAccounts(ctx context.Context, cfg Config) error {
	return app.Run(ctx, cfg, app.Application{
		Name: "accounts",
		API: func(rt *app.Runtime, mux *http.ServeMux) {
			a := accounts{rt}
			mux.Handle("POST /accounts", app.Handle(http.StatusCreated, a.open))
			mux.Handle("POST /accounts/{id}", app.Handle(http.StatusOK, a.rename))
			mux.Handle("DELETE /accounts/{id}", app.Handle(http.StatusOK, a.remove))
		},
	})
}

type accounts struct{ *app.Runtime }

// Account is the body of POST requests and the answer of all.
type Account struct {
	ID          int64  `json:"id"`
	DisplayName string `json:"display_name"`
	Version     int64  `json:"version"`
}

func (a accounts) open(r *http.Request, in Account) (Account, error) {
	account := models.Account{DisplayName: in.DisplayName, Status: models.AccountActive, Currency: "EUR", Version: 1}
	err := a.DB.WithContext(r.Context()).Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(&account).Error; err != nil {
			return err
		}
		return outbox.Publish(tx, app.AccountState(&account))
	})
	return Account{account.ID, account.DisplayName, account.Version}, err
}

func (a accounts) rename(r *http.Request, in Account) (Account, error) {
	return a.update(r, func(tx *gorm.DB, account *models.Account) error {
		account.DisplayName = in.DisplayName
		if err := tx.Select("display_name", "version", "updated_at").Updates(account).Error; err != nil {
			return err
		}
		return outbox.Publish(tx, app.AccountState(account))
	})
}

// remove deletes the account and has its tombstone follow its states. Versions of later
// accounts do not matter: an id is not used twice.
func (a accounts) remove(r *http.Request, _ struct{}) (Account, error) {
	return a.update(r, func(tx *gorm.DB, account *models.Account) error {
		if err := tx.Delete(account).Error; err != nil {
			return err
		}
		return outbox.Tombstone(tx, &events.AccountState{AccountID: account.ID, Version: account.Version})
	})
}

// update changes an account under its lock.
func (a accounts) update(r *http.Request, do func(tx *gorm.DB, account *models.Account) error) (Account, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return Account{}, fmt.Errorf("%w: id %q is no number", app.ErrInput, r.PathValue("id"))
	}
	var account models.Account
	err = a.DB.WithContext(r.Context()).Transaction(func(tx *gorm.DB) error {
		if err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).First(&account, id).Error; err != nil {
			return err
		}
		account.Version++
		return do(tx, &account)
	})
	return Account{account.ID, account.DisplayName, account.Version}, err
}
